from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.errors import ParseError
from ui.web.uploads import Shelf, safe_name


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(folder=tmp_path / "home" / "uploads", max_mb=1)


def upload(folder: Path, name: str, content: bytes = b"hello") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path


def test_an_upload_is_copied_under_its_own_name(shelf: Shelf, tmp_path: Path) -> None:
    original = upload(tmp_path / "a", "手册.md")
    kept = shelf.keep(original, "handbook")
    original.unlink()
    assert kept == shelf.folder / "handbook" / "手册.md"
    assert kept.read_bytes() == b"hello"


def test_the_same_content_is_kept_once_and_other_content_gets_a_number(shelf: Shelf, tmp_path: Path) -> None:
    first = shelf.keep(upload(tmp_path / "a", "x.md", b"one"), "kb")
    assert shelf.keep(upload(tmp_path / "b", "x.md", b"one"), "kb") == first
    names = [shelf.keep(upload(tmp_path / "c", "x.md", content), "kb").name for content in (b"two", b"three", b"two")]
    assert names == ["x (2).md", "x (3).md", "x (2).md"]
    assert first.read_bytes() == b"one"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.exe", b"MZ", r"\.exe"),
        ("x", b"\x00\x01", "without a suffix"),
        ("x.pdf", b"not a pdf", "not a PDF"),
        ("x.docx", b"%!PS-Adobe", "not a Word document"),
        ("x.png", b"not a png", "not a PNG"),
        ("x.md", b"", "empty"),
        ("x.md", b"x" * (2**20 + 1), "at most 1 MiB"),
    ],
)
def test_what_cannot_be_read_is_refused_and_not_kept(
    shelf: Shelf, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    with pytest.raises(ParseError, match=words):
        shelf.keep(upload(tmp_path / "a", name, content), "kb")
    assert not shelf.folder.exists()


def test_what_a_zip_holds_is_checked_later(shelf: Shelf, tmp_path: Path) -> None:
    assert shelf.keep(upload(tmp_path / "a", "all.ZIP", b"PK"), "kb").read_bytes() == b"PK"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.md", "passwd.md"),
        ("..\\..\\boot.md", "boot.md"),
        ("a\x00b\nc.md", "a_b_c.md"),
        ("..", "document"),
        (" .hidden.md", "hidden.md"),
        ("CON:1?.pdf", "CON_1_.pdf"),
        ("fdp\u202excod.exe.pdf", "fdp_xcod.exe.pdf"),
        ("e\u0301.md", "é.md"),
        ("年度报告.docx", "年度报告.docx"),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_long_names_fit_the_file_system_and_keep_their_suffix(shelf: Shelf, tmp_path: Path) -> None:
    name = safe_name("报" * 200 + ".pdf")
    assert len(name.encode()) < 200
    assert name.endswith(".pdf")
