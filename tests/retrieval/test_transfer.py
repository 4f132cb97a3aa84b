"""A knowledge base moves as one file, and a file that is not whole leaves nothing behind."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from configs.errors import ConfigError
from configs.settings import Settings, load_settings
from retrieval.errors import TransferError
from retrieval.library import Library


@pytest.fixture
def library(settings: Settings, tmp_path: Path) -> Iterator[Library]:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "lamp.md").write_text("# Lamp\n\nThe lamp burns whale oil.\n")
    (folder / "copy.md").write_text("# Lamp\n\nThe lamp burns whale oil.\n")
    (folder / "假期.md").write_text("# 员工手册\n\n员工每年有十二天带薪年假。\n")
    library = Library(settings, exclusive=True)
    library.create("default").ingest([folder])
    yield library
    library.close()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Library]:
    library = Library(load_settings(data_dir=tmp_path / "elsewhere"), exclusive=True)
    yield library
    library.close()


@pytest.fixture
def file(library: Library, tmp_path: Path) -> Path:
    file = tmp_path / "lighthouse.roundtable"
    assert library.export("default", file) == file.stat().st_size
    return file


def test_it_arrives_as_it_was(library: Library, elsewhere: Library, file: Path, tmp_path: Path) -> None:
    sent, arrived = library.open("default"), elsewhere.import_from(file)
    assert arrived.name == "default"
    assert arrived.documents() == sent.documents()
    for query in ("What does the lamp burn?", "年假有几天？"):
        hits = [[hit.chunk for hit in kb.search(query).hits] for kb in (sent, arrived)]
        assert hits[0] == hits[1]
    assert arrived.verify().ok
    moved = tmp_path / "elsewhere-documents"
    shutil.copytree(tmp_path / "documents", moved)
    report = arrived.ingest([moved])
    assert report.stage_seconds["embed"] == 0
    assert len(arrived.documents()) == 2


def test_a_name_that_is_taken_is_refused_before_anything_is_done(library: Library, file: Path) -> None:
    with pytest.raises(ConfigError, match="'default' already"):
        library.import_from(file)
    assert library.import_from(file, "second").verify().ok
    assert library.names() == ["default", "second"]


def _flip(data: bytes) -> bytes:
    return data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]


def _other_version(data: bytes) -> bytes:
    manifest: dict[str, Any] = json.loads(data) | {"version": 99}
    return json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("member", "damage", "message"),
    [
        ("vectors.f32", _flip, "damaged: vectors"),
        ("documents.jsonl", _flip, "damaged: documents"),
        ("manifest.json", _other_version, "of format"),
        ("manifest.json", lambda _: b"{}", "not a whole export"),
        ("manifest.json", lambda _: b"nonsense", "not a whole export"),
    ],
)
def test_a_changed_file_is_refused(
    elsewhere: Library, file: Path, tmp_path: Path, member: str, damage: Callable[[bytes], bytes], message: str
) -> None:
    changed = tmp_path / "changed"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, damage(old.read(name)) if name == member else old.read(name))
    with pytest.raises(TransferError, match=message):
        elsewhere.import_from(changed)
    assert elsewhere.names() == []
    assert list((tmp_path / "elsewhere").glob("indexes/*")) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a file", b"something else entirely"])
def test_what_is_no_export_is_refused(elsewhere: Library, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(TransferError, match="not an exported knowledge base"):
        elsewhere.import_from(tmp_path / "file")


def test_a_cut_file_is_refused(elsewhere: Library, file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(TransferError):
        elsewhere.import_from(file)
    assert elsewhere.names() == []


def test_an_export_appears_whole_or_not_at_all(library: Library, tmp_path: Path) -> None:
    with pytest.raises(TransferError, match="cannot be written"):
        library.export("default", tmp_path / "no" / "such" / "folder.zip")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.export("default", tmp_path / "half", tell=stop)
    assert [path.name for path in tmp_path.iterdir() if "half" in path.name] == []


def test_an_import_that_is_interrupted_leaves_nothing(elsewhere: Library, file: Path, tmp_path: Path) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        elsewhere.import_from(file, tell=stop)
    assert elsewhere.names() == []
    assert list((tmp_path / "elsewhere").glob("indexes/*")) == []
