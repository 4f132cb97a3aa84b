"""Uploads over HTTP from a browser that lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.web.conftest import served
from tests.ui.web.scripted import ScriptedBackend, discussion
from tests.ui.web.visitor import Visitor, file_data
from ui.web.tabs import MOST_FILES


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ScriptedBackend, str, Path]]:
    backend, home = ScriptedBackend(discussion), tmp_path_factory.mktemp("home")
    with served(backend, home) as url:
        yield backend, url, home


@pytest.fixture
def backend(server: tuple[ScriptedBackend, str, Path]) -> ScriptedBackend:
    server[0].reset(discussion)
    return server[0]


@pytest.fixture
def visitor(server: tuple[ScriptedBackend, str, Path], backend: ScriptedBackend) -> Visitor:
    return Visitor(server[1])


def test_an_upload_is_read(visitor: Visitor, backend: ScriptedBackend) -> None:
    assert "7 passages" in visitor.add(visitor.upload("手册.md", b"fine"))
    assert [path.name for path in backend.ingested] == ["手册.md"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("report.pdf", b"a program", "is not a PDF"),
        ("report.pdf", b"", "is empty"),
        ("report.docx", b"a program", "is not a Word document"),
        ("picture.png", b"\x00" * 100, "is not a PNG"),
        ("report.exe", b"MZ", "cannot be read"),
        ("noname", b"\x00\x01", "without a suffix"),
        ("large.md", b"x" * (3 * 2**20), "at most 2 MiB"),
    ],
)
def test_the_content_is_judged_and_not_what_the_browser_says(
    visitor: Visitor, backend: ScriptedBackend, name: str, content: bytes, words: str
) -> None:
    file = {**visitor.upload(name, content), "mime_type": "text/markdown", "size": 1}
    assert words in visitor.add(file)
    assert backend.ingested == []


@pytest.mark.parametrize(
    "name",
    ["../../../escape.md", "/etc/escape.md", "..\\escape.md", ".escape.md", "a\nescape.md", "CON.md"],
)
def test_a_name_leads_out_of_no_folder(
    visitor: Visitor, backend: ScriptedBackend, server: tuple[ScriptedBackend, str, Path], name: str
) -> None:
    visitor.add(visitor.upload(name, name.encode()))
    (kept,) = backend.ingested
    assert kept.resolve().parent == server[2].resolve() / "uploads" / "handbook"
    assert not kept.name.startswith(".")
    assert kept.read_bytes() == name.encode()


def test_a_file_of_the_machine_is_not_an_upload(visitor: Visitor, backend: ScriptedBackend, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("secret")
    relative = f"../../../../../..{secret}"
    for path in (str(secret), relative, f"file://{secret}", __file__):
        visitor.add(file_data(path, "innocent.md"))
    visitor.add(file_data("http://127.0.0.1:9/secret.md", "x.md"))
    assert backend.ingested == []


def test_too_many_files_are_refused_together(visitor: Visitor, backend: ScriptedBackend) -> None:
    file = visitor.upload("a.md", b"a")
    assert f"at most {MOST_FILES}" in visitor.add(*[file] * (MOST_FILES + 1))
    assert backend.ingested == []
