"""Which files an ingest means, and which of those indexed before are gone."""

from __future__ import annotations

import os
import socket
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from configs.settings import FetchSettings
from retrieval.errors import SourceError
from retrieval.locations import on_disk
from retrieval.sources import Found, discover

Look = Callable[..., Found]


@pytest.fixture
def look(tmp_path_factory: pytest.TempPathFactory) -> Look:
    beside = tmp_path_factory.mktemp("beside")

    def run(*inputs: str | Path) -> Found:
        return discover(inputs, scratch=beside / "scratch", fetch=FetchSettings(), downloads=beside / "downloads")

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.md", "a.txt", "sub/c.md", ".hidden/d.md", ".e.md", "~$lock.docx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def _names(found: Found) -> list[str]:
    return [Path(file.source).name for file in found.files]


def _why(found: Found) -> dict[str, str]:
    return {Path(source).name: str(error) for source, error in found.unreadable}


def test_folders_are_walked_in_order_without_hidden_files(folder: Path, look: Look) -> None:
    found = look(folder)
    assert _names(found) == ["a.txt", "b.md", "c.md"]
    assert found.unreadable == ()
    assert found.files[0].path.read_text() == "a.txt"


def test_a_file_named_twice_is_one_source_at_its_first_place(folder: Path, look: Look) -> None:
    assert _names(look(folder / "b.md", folder, folder / "sub")) == ["b.md", "a.txt", "c.md"]


def test_a_hidden_file_is_read_when_it_is_named(folder: Path, look: Look) -> None:
    assert _names(look(folder / ".e.md")) == [".e.md"]


def test_the_source_is_as_given_and_the_location_absolute(
    folder: Path, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (file,) = look("sub").files
    assert (file.source, file.location) == ("sub/c.md", str(folder / "sub" / "c.md"))
    assert file.path.is_absolute()


@pytest.mark.parametrize("bad", ["nothing-here", "ftp://example.org/a", "https://", "http://[::1", "x\0y", "a" * 5000])
def test_an_input_that_is_none_stops_everything_before_it_begins(folder: Path, look: Look, bad: str) -> None:
    with zipfile.ZipFile(folder / "z.zip", "w") as archive:
        archive.writestr("a.md", "a")
    with pytest.raises(SourceError) as caught:
        look(folder, bad)
    assert caught.value.hint


def test_links_to_files_are_read_and_links_to_folders_not_followed(folder: Path, look: Look) -> None:
    (folder / "link.md").symlink_to(folder / "a.txt")
    (folder / "sub" / "loop").symlink_to(folder)
    (folder / "self").symlink_to(folder / "self")
    (folder / "dangling.md").symlink_to(folder / "nothing")
    found = look(folder)
    assert _names(found) == ["a.txt", "b.md", "link.md", "c.md"]
    assert set(_why(found)) == {"self", "dangling.md"}
    assert _names(look(folder / "sub" / "loop")) == _names(found), "a link that is named is followed"


def test_pipes_and_sockets_are_told_and_never_opened(folder: Path, look: Look) -> None:
    os.mkfifo(folder / "pipe.md")
    os.mkfifo(folder / "pipe.zip")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(folder / "socket.md"))
        found = look(folder, folder / "pipe.md")
    why = _why(found)
    assert _names(found) == ["a.txt", "b.md", "c.md"]
    assert set(why) == {"pipe.md", "pipe.zip", "socket.md"}
    assert "is a pipe, socket or device" in why["pipe.md"]


@pytest.mark.parametrize("name", [b"caf\xe9.md", b"new\nline.md", b"-rf.md", b"\\xfe.md", "naïve 文.md".encode()])
def test_odd_names_are_readable_and_their_locations_are_text(folder: Path, look: Look, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("odd")
    found = look(folder)
    (file,) = [file for file in found.files if file.path.read_text() == "odd"]
    file.location.encode()
    file.source.encode()
    assert on_disk(file.location) == file.path
    assert not found.gone(file.location)
    file.path.unlink()
    assert look(folder).gone(file.location)


def test_a_tree_deeper_than_a_path_can_be_is_reported_and_the_rest_read(folder: Path, look: Look) -> None:
    top = os.open(folder, os.O_RDONLY)
    here = top
    name = "d" * 250
    for _ in range(20):
        os.mkdir(name, dir_fd=here)
        here, above = os.open(name, os.O_RDONLY, dir_fd=here), here
        os.close(above)
    os.close(here)
    found = look(folder)
    assert _names(found) == ["a.txt", "b.md", "c.md"]
    ((deepest, error),) = found.unreadable
    assert "cannot be looked through" in str(error)
    assert not found.gone(f"{deepest}/x.md"), "nothing is known of what lies below"
    assert found.gone(str(folder / name / "x.md"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_nothing_below_an_unreadable_folder_counts_as_gone(folder: Path, look: Look) -> None:
    (folder / "sub").chmod(0)
    try:
        found = look(folder)
        assert set(_why(found)) == {"sub"}
        assert not found.gone(str(folder / "sub" / "c.md"))
    finally:
        (folder / "sub").chmod(0o755)


def test_gone_is_what_was_looked_for_and_is_not_there(folder: Path, look: Look, tmp_path: Path) -> None:
    (folder / "b.md").unlink()
    (folder / "a.txt").unlink()
    (folder / "a.txt").mkdir()
    found = look(folder)
    assert found.gone(str(folder / "b.md"))
    assert found.gone(str(folder / "a.txt")), "a folder has taken its place"
    assert found.gone(str(folder / "sub" / "gone" / "x.md"))
    assert found.gone(str(folder / "old.zip!/x.md"))
    assert found.gone(str(folder / "old.zip!" / ("文" * 300)))
    assert not found.gone(str(folder / ".e.md"))
    assert not found.gone(str(folder) + "-beside/x.md")
    assert not found.gone("/elsewhere/x.md")
    assert not found.gone("https://example.org/")
    assert not look(folder / "sub").gone(str(folder / "b.md"))
    assert not look(folder / "sub" / "c.md").gone(str(folder / "sub" / "x.md")), "only a file was looked at"


def test_a_zip_is_a_folder_wherever_it_is_found(folder: Path, look: Look) -> None:
    archive = folder / "sub" / "Docs.ZIP"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("x/one.md", "one")
        file.writestr("two.md", "two")
    found = look(folder, archive)
    members = [file for file in found.files if "!" in file.location]
    assert [(m.source, m.location) for m in members] == [
        (f"{archive}!/x/one.md", f"{archive}!/x/one.md"),
        (f"{archive}!/two.md", f"{archive}!/two.md"),
    ]
    assert [(m.path.name, m.path.read_text()) for m in members] == [("one.md", "one"), ("two.md", "two")]
    assert not found.gone(f"{archive}!/two.md")
    assert found.gone(f"{archive}!/three.md")


def test_of_a_broken_zip_nothing_counts_as_gone_until_it_is_removed(folder: Path, look: Look) -> None:
    archive = folder / "docs.zip"
    archive.write_bytes(b"PK\x03\x04 no zip")
    found = look(folder)
    assert "docs.zip cannot be read as a ZIP" in _why(found)["docs.zip"]
    assert not found.gone(f"{archive}!/one.md")
    archive.unlink()
    assert look(folder).gone(f"{archive}!/one.md")


def test_what_is_unpacked_below_a_folder_is_not_found_in_it(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("one.md", "one")
    (folder / "z" / "downloads").mkdir(parents=True)
    (folder / "z" / "downloads" / "page.html").touch()
    found = discover(
        [folder], scratch=folder / "z" / "scratch", fetch=FetchSettings(), downloads=folder / "z" / "downloads"
    )
    assert _names(found) == ["a.txt", "one.md", "b.md", "c.md"]


def test_ten_thousand_files_are_found_quickly(tmp_path: Path, look: Look) -> None:
    for group in range(20):
        (tmp_path / f"{group}").mkdir()
        for number in range(500):
            (tmp_path / f"{group}" / f"{number}.md").touch()
    started = time.perf_counter()
    found = look(tmp_path)
    assert len(found.files) == 10_000
    assert not any(found.gone(file.location) for file in found.files)
    assert time.perf_counter() - started < 5
