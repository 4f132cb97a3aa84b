"""Which files an ingest means."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.errors import SourceError
from retrieval.identity import content_hash
from retrieval.sources import discover, plan
from retrieval.types import Document


def _document(path: Path) -> Document:
    return Document(
        id=path.name,
        location=str(path),
        source=str(path),
        content_hash=content_hash(path),
        media_type="text/plain",
        parser="p",
        pages=0,
        title="",
        language="en",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.md", "a.txt", "sub/c.md", ".hidden/d.md", ".e.md", "~$lock.docx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def test_folders_are_walked_in_order_without_hidden_files(folder: Path) -> None:
    assert [Path(f.source).name for f in discover([folder])] == ["a.txt", "b.md", "c.md"]


def test_a_file_named_twice_is_one_source(folder: Path) -> None:
    assert len(discover([folder / "b.md", folder])) == 3


def test_the_source_is_as_given_and_the_location_absolute(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (file,) = discover([Path("sub")])
    assert (file.source, file.location) == (os.path.join("sub", "c.md"), str(folder / "sub" / "c.md"))  # noqa: PTH118


@pytest.mark.parametrize(("make", "part"), [(False, "does not exist"), (True, "no files in")])
def test_nothing_to_read_is_an_error(tmp_path: Path, make: bool, part: str) -> None:
    if make:
        (tmp_path / "x").mkdir()
    with pytest.raises(SourceError, match=part):
        plan([tmp_path / "x"], [])


def test_the_content_hash_decides_what_changed(folder: Path) -> None:
    indexed = [_document(folder / "a.txt"), replace(_document(folder / "b.md"), content_hash="old")]
    todo = plan([folder], indexed)
    assert [d.id for d in todo.unchanged] == ["a.txt"]
    assert [Path(f.source).name for f, _ in todo.changed] == ["b.md", "c.md"]


def test_documents_that_left_the_folder_are_removed_and_others_stay(folder: Path, tmp_path: Path) -> None:
    gone, elsewhere = _document(folder / "b.md"), replace(_document(folder / "a.txt"), location="/elsewhere/x.md")
    (folder / "b.md").unlink()
    assert plan([folder], [gone, elsewhere]).removed == (gone,)
    assert plan([folder / "a.txt"], [gone]).removed == ()
