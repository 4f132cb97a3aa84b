"""The file a document was made from, only as long as it is the same."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from configs.settings import FetchSettings
from retrieval.errors import SourceError
from retrieval.identity import content_hash
from retrieval.originals import original
from retrieval.sources import SourceFile, discover
from retrieval.types import Document
from tests.retrieval.site import page, running

Find = Callable[[str | Path], Document]


def _document(file: SourceFile) -> Document:
    return Document(
        id="d",
        location=file.location,
        source=file.source,
        content_hash=content_hash(file.path),
        media_type="text/plain",
        parser="p",
        pages=0,
        title="",
        language="en",
    )


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    return tmp_path / "beside" / "downloads"


@pytest.fixture
def find(tmp_path: Path, downloads: Path) -> Find:
    def run(given: str | Path) -> Document:
        fetch = FetchSettings(allow_hosts=("127.0.0.1",))
        (file,) = discover([given], scratch=tmp_path / "beside" / "scratch", fetch=fetch, downloads=downloads).files
        return _document(file)

    return run


def _refused(document: Document, downloads: Path) -> bool:
    with pytest.raises(SourceError, match="has changed or is gone") as caught, original(document, downloads=downloads):
        pass
    return "Ingest it again" in caught.value.hint


@pytest.mark.parametrize("name", [b"x.md", b"caf\xe9.md", b"odd.zip!", "文\n.md".encode()])
def test_a_file_is_itself_until_it_changes(tmp_path: Path, find: Find, downloads: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_text("one")
    document = find(path)
    with original(document, downloads=downloads) as found:
        assert found == path
    path.write_text("two")
    assert _refused(document, downloads)
    path.unlink()
    assert _refused(document, downloads)
    os.mkfifo(path)
    assert _refused(document, downloads)


def test_a_member_of_a_zip_is_unpacked_for_as_long_as_it_is_looked_at(
    tmp_path: Path, find: Find, downloads: Path
) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("dir/x.md", "one")
    document = find(archive)
    with original(document, downloads=downloads) as found:
        assert (found.name, found.read_text()) == ("x.md", "one")
    assert not found.exists()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("dir/x.md", "two")
    assert _refused(document, downloads)
    archive.write_bytes(b"no zip")
    assert _refused(document, downloads)
    archive.unlink()
    assert _refused(document, downloads)
    os.mkfifo(archive)
    assert _refused(document, downloads)


def test_a_member_may_have_a_name_no_file_can_have(tmp_path: Path, find: Find, downloads: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("文" * 300 + ".md", "one")
    document = find(archive)
    with original(document, downloads=downloads) as found:
        assert found.read_text() == "one"
    archive.unlink()
    assert _refused(document, downloads)


def test_a_folder_named_like_a_zip_holds_files(tmp_path: Path, find: Find, downloads: Path) -> None:
    path = tmp_path / "a.zip!" / "x.md"
    path.parent.mkdir()
    path.write_text("one")
    with original(find(path), downloads=downloads) as found:
        assert found == path


def test_of_a_page_it_is_the_copy_kept(find: Find, downloads: Path) -> None:
    with running() as site:
        site.answers["/x"] = page(b"one")
        document = find(site.url("/x"))
        with original(document, downloads=downloads) as found:
            assert found.read_bytes() == b"one"
        site.answers["/x"] = page(b"two")
        assert find(site.url("/x")) != document
        assert _refused(document, downloads)
    found.unlink()
    assert _refused(document, downloads)
