from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from retrieval.errors import ParseError
from retrieval.parsing.formats import SUFFIXES, check_file, is_supported, media_type


@contextmanager
def _as_ordinary_user() -> Iterator[None]:
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    "name",
    [
        "a.pdf",
        "A.PDF",
        "notes.md",
        "notes.txt",
        "x.docx",
        "x.pptx",
        "x.xlsx",
        "x.html",
        "x.odt",
        "x.doc",
        "x.png",
        "x.xml",
    ],
)
def test_supported(name: str) -> None:
    assert is_supported(Path(name))


def test_media_types() -> None:
    assert media_type(Path("A.PDF")) == "application/pdf"
    assert SUFFIXES[".md"] == "text/markdown"


@pytest.mark.parametrize("name", ["movie.mp4", "Makefile", "archive.tar.gz"])
def test_unsupported_says_where_what_is_read_is_listed(name: str) -> None:
    assert not is_supported(Path(name))
    with pytest.raises(ParseError, match=r"cannot be read\. docs/documents\.md lists what is read\.$") as raised:
        media_type(Path(name))
    assert len(str(raised.value)) < 100


def test_a_good_file_passes(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 2**20)
    check_file(path, max_mb=1)


def test_empty_and_too_large(tmp_path: Path) -> None:
    empty, large = tmp_path / "empty.txt", tmp_path / "large.txt"
    empty.touch()
    large.write_bytes(b"x" * (2**20 + 1))
    with pytest.raises(ParseError, match=r"empty\.txt is empty"):
        check_file(empty, max_mb=1)
    with pytest.raises(ParseError, match=r"large\.txt has 1 MiB; at most 1 MiB are read"):
        check_file(large, max_mb=1)


def test_missing_folder_and_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(ParseError, match=r"gone\.txt cannot be opened \(No such file"):
        check_file(tmp_path / "gone.txt", max_mb=1)
    for path in (tmp_path, tmp_path / "pipe.txt"):
        with pytest.raises(ParseError, match="is not a regular file"):
            check_file(path, max_mb=1)


def test_forbidden(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.write_text("x")
    path.chmod(0)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    with _as_ordinary_user(), pytest.raises(ParseError, match=r"secret\.txt cannot be opened \(Permission denied\)"):
        check_file(path, max_mb=1)
