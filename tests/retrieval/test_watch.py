"""Following folders and files as they change."""

from __future__ import annotations

import queue
import shutil
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.watch import watch

QUIET_S = 0.9


class Follower:
    """Runs `watch` in a thread, as an ingest would, and counts the bursts."""

    def __init__(self, *paths: Path, private: Path | None = None) -> None:
        self.stop = threading.Event()
        self._bursts: queue.Queue[None] = queue.Queue()
        self.failure: Exception | None = None
        changes = watch(paths, stop=self.stop, private=private)
        self.thread = threading.Thread(target=self._follow, args=(changes,), daemon=True)
        self.thread.start()

    def _follow(self, changes: Iterator[None]) -> None:
        try:
            for _ in changes:
                self._bursts.put(None)
        except Exception as error:  # noqa: BLE001 - looked at by the test
            self.failure = error

    def told(self, within: float = 10.0) -> bool:
        try:
            self._bursts.get(timeout=within)
        except queue.Empty:
            return False
        return True


@pytest.fixture
def followers() -> Iterator[list[Follower]]:
    running: list[Follower] = []
    yield running
    for follower in running:
        follower.stop.set()
        follower.thread.join(5)
        assert not follower.thread.is_alive()
        assert follower.failure is None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs" / "sub").mkdir(parents=True)
    (tmp_path / "docs" / "a.md").write_text("a")
    return tmp_path / "docs"


def test_each_change_of_a_document_is_told_once(folder: Path, followers: list[Follower]) -> None:
    followers.append(follower := Follower(folder))
    (folder / "sub" / "new.md").write_text("new")
    assert follower.told()
    assert not follower.told(QUIET_S)
    (folder / "sub" / "new.md").write_text("changed")
    assert follower.told()
    (folder / "sub" / "new.md").rename(folder / "moved.md")
    assert follower.told()
    (folder / "moved.md").unlink()
    assert follower.told()
    with zipfile.ZipFile(folder / "z.zip", "w") as archive:
        archive.writestr("x.md", "x")
    assert follower.told()
    (folder / "later").mkdir()
    assert follower.told()
    (folder / "later" / "x.md").write_text("x")
    assert follower.told()


def test_a_burst_is_told_when_it_has_settled(folder: Path, followers: list[Follower]) -> None:
    followers.append(follower := Follower(folder))
    with (folder / "growing.md").open("w") as file:
        for _ in range(15):
            file.write("more")
            file.flush()
            time.sleep(0.1)
        assert not follower.told(0.01)
    assert follower.told()
    assert not follower.told(QUIET_S)


def test_hidden_files_and_reading_are_no_changes(folder: Path, followers: list[Follower]) -> None:
    (folder / ".git").mkdir()
    followers.append(follower := Follower(folder, folder / "a.md"))
    (folder / ".git" / "x").write_text("x")
    (folder / ".swap.md").write_text("x")
    (folder / "sub" / "~$a.docx").write_text("x")
    (folder / "a.md").read_text()
    assert not follower.told(QUIET_S)


@pytest.mark.parametrize("given", ["docs", "link"])
def test_what_the_data_directory_holds_is_no_change(folder: Path, followers: list[Follower], given: str) -> None:
    (folder.parent / "link").symlink_to(folder)
    data = folder / "data"
    data.mkdir()
    followers.append(follower := Follower(folder.parent / given, private=data))
    (data / "roundtable.sqlite").write_text("x")
    (data / "scratch").mkdir()
    (data / "scratch" / "x.md").write_text("x")
    assert not follower.told(QUIET_S)
    (folder / "x.md").write_text("x")
    assert follower.told()


def test_a_hidden_folder_is_followed_when_it_is_named(tmp_path: Path, followers: list[Follower]) -> None:
    hidden = tmp_path / ".notes"
    hidden.mkdir()
    followers.append(follower := Follower(tmp_path, hidden))
    (hidden / "x.md").write_text("x")
    assert follower.told()


def test_a_single_file_is_followed_through_being_replaced_and_its_neighbours_are_not(
    folder: Path, followers: list[Follower]
) -> None:
    followers.append(follower := Follower(folder / "a.md"))
    (folder / "b.md").write_text("b")
    assert not follower.told(QUIET_S)
    for number in range(2):
        (folder / "a.tmp").write_text(f"new {number}")
        (folder / "a.tmp").replace(folder / "a.md")
        assert follower.told()
    (folder / "a.md").unlink()
    assert follower.told()
    (folder / "a.md").write_text("back")
    assert follower.told()


def test_a_folder_may_vanish_and_come_back(folder: Path, followers: list[Follower]) -> None:
    followers.append(follower := Follower(folder))
    shutil.rmtree(folder)
    assert follower.told()
    folder.mkdir()
    assert follower.told()
    (folder / "x.md").write_text("x")
    assert follower.told()
    folder.rename(folder.with_name("away"))
    folder.mkdir()
    assert follower.told()
    assert not follower.told(QUIET_S)
    (folder / "y.md").write_text("y")
    assert follower.told()


def test_a_folder_replaced_at_once_is_followed_on(folder: Path, followers: list[Follower]) -> None:
    followers.append(follower := Follower(folder))
    for _ in range(2):
        shutil.rmtree(folder)
        folder.mkdir()
        assert follower.told()
        assert not follower.told(QUIET_S)
        (folder / "x.md").write_text("x")
        assert follower.told()


def test_nothing_is_lost_between_the_call_and_the_first_step(folder: Path) -> None:
    stop = threading.Event()
    changes = watch([folder], stop=stop)
    (folder / "x.md").write_text("x")
    time.sleep(1)
    started = time.monotonic()
    next(changes)
    assert time.monotonic() - started < 2
    stop.set()


def test_a_path_that_is_not_there_yet_is_followed(tmp_path: Path, followers: list[Follower]) -> None:
    followers.append(follower := Follower(tmp_path / "later"))
    (tmp_path / "later").mkdir()
    assert follower.told()
    (tmp_path / "later" / "x.md").write_text("x")
    assert follower.told()


@pytest.mark.parametrize("what", ["docs", "docs/a.md", "nothing"])
def test_it_ends_promptly(folder: Path, followers: list[Follower], what: str) -> None:
    followers.append(follower := Follower(folder.parent / what))
    time.sleep(0.2)
    started = time.monotonic()
    follower.stop.set()
    follower.thread.join(5)
    assert time.monotonic() - started < 1


def test_links_in_a_circle_do_not_matter(folder: Path, followers: list[Follower]) -> None:
    (folder / "sub" / "loop").symlink_to(folder)
    followers.append(follower := Follower(folder))
    (folder / "sub" / "x.md").write_text("x")
    assert follower.told()
