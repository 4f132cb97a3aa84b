from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.errors import SourceError
from tests.ui.web.scripted import ScriptedBackend, discussion
from tests.ui.web.waiting import until
from ui.web.tabs import MOST_FILES, Tabs
from ui.web.uploads import Shelf


def test_every_session_has_a_tab_of_its_own() -> None:
    tabs = Tabs(ScriptedBackend(discussion))
    mine = tabs.of("mine")
    assert tabs.of("mine") is mine
    mine.room.ask("How much?")
    until(lambda: mine.room.view.phase == "done")
    assert tabs.of("other").room.view.items == ()


def test_entering_another_room_stops_what_runs_in_the_old_one() -> None:
    tab = Tabs(ScriptedBackend(discussion, pause_s=0.05)).of("mine")
    old = tab.room
    old.ask("How much?")
    tab.enter("员工手册")
    until(lambda: old.view.phase == "stopped", within_s=1)
    assert tab.room.kb == "员工手册"
    assert tab.room.view.items == ()


def test_a_closed_tab_is_forgotten_and_its_run_goes_on() -> None:
    tabs = Tabs(ScriptedBackend(discussion, pause_s=0.005))
    tab = tabs.of("mine")
    tab.room.ask("How much?")
    tabs.close("mine")
    assert not tab.open
    assert tabs.of("mine") is not tab
    until(lambda: tab.room.view.phase == "done")


def test_a_conversation_nobody_comes_back_to_is_closed_when_its_run_is_over() -> None:
    backend = ScriptedBackend(discussion, pause_s=0.005)
    tabs = Tabs(backend)
    left, closed = tabs.of("left"), tabs.of("closed")
    left.room.ask("How much?")
    until(lambda: len(backend.chats) == 1)
    closed.room.ask("How much?")
    until(lambda: len(backend.chats) == 2)
    tabs.close("closed")
    assert not backend.chats[1].closed.is_set()
    until(lambda: left.room.view.phase == "done")
    assert not backend.chats[0].closed.is_set()
    left.enter("员工手册")
    until(lambda: all(chat.closed.is_set() for chat in backend.chats))
    assert closed.room.view.phase == "done"


def test_closing_a_tab_nobody_opened_does_nothing() -> None:
    Tabs(ScriptedBackend(discussion)).close("unknown")


def test_one_upload_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("a")
    shelf = Shelf(folder=tmp_path / "uploads", max_mb=1)
    tab = Tabs(ScriptedBackend(discussion, pause_s=30)).of("mine")
    first = tab.take_in(shelf, [tmp_path / "a.md"])
    with pytest.raises(SourceError, match="still being read"):
        tab.take_in(shelf, [tmp_path / "a.md"])
    first.cancel()
    until(lambda: not first.progress.going)
    tab.take_in(shelf, [tmp_path / "a.md"]).cancel()


def test_an_upload_of_too_many_files_is_refused(tmp_path: Path) -> None:
    tab = Tabs(ScriptedBackend(discussion)).of("mine")
    with pytest.raises(SourceError, match=f"{MOST_FILES + 1} files were uploaded") as raised:
        tab.take_in(Shelf(folder=tmp_path / "uploads", max_mb=1), [tmp_path / "a.md"] * (MOST_FILES + 1))
    assert "ZIP" in raised.value.hint


def test_an_upload_goes_into_the_knowledge_base_of_the_room(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("a")
    backend = ScriptedBackend(discussion)
    tab = Tabs(backend).of("mine")
    tab.enter("员工手册")
    intake = tab.take_in(Shelf(folder=tmp_path / "uploads", max_mb=1), [tmp_path / "a.md"])
    until(lambda: not intake.progress.going)
    assert backend.ingested == [tmp_path / "uploads" / "员工手册" / "a.md"]
