"""Conversations in SQLite: what goes in comes out, also beside other users of the file."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from agents import events as kinds
from agents.errors import ConversationError
from agents.log.store import SQLiteConversationStore
from agents.ports import ConversationInfo

EVERY_KIND: list[kinds.Event] = [
    kinds.RunStarted(question="多少？", team="qa", kb="k", strategy="hybrid"),
    kinds.Retrieved(
        agent="r", query="q", passages=({"marker": 1, "chunk_id": "h", "boxes": {"1": [[0.0, 1.0, 2.0, 3.0]]}},)
    ),
    kinds.TokenDelta(agent="a", message_id="m", text="<|endoftext|>\x00\n\udcff"),
    kinds.MessageCompleted(agent="a", message_id="m", role="assistant", content="…", ms=1.5),
    kinds.ToolCalled(agent="a", call_id="c", tool="t", arguments={"x": [1]}),
    kinds.ToolReturned(agent="a", call_id="c", tool="t", content="{}", ok=True, ms=1.0),
    kinds.ApprovalRequested(agent="a", approval_id="p", code="1", code_sha256="0"),
    kinds.ApprovalAnswered(approval_id="p", approved=False, reason="no"),
    kinds.ApprovalAnswered(approval_id="p", approved=True, code="2", code_sha256="1", edited=True),
    kinds.CodeRan(
        agent="a",
        call_id="c",
        code="1",
        backend="b",
        isolation="full",
        status="ok",
        exit_code=0,
        stdout="",
        stderr="",
        ms=1.0,
        artifacts=({"name": "plot-1.png", "media_type": "image/png", "bytes": 1, "path": "/x/plot-1.png"},),
        state_lost=True,
    ),
    kinds.Failed(error_type="ModelTimeout", message="m", hint="h"),
    kinds.RunCompleted(
        answer="a", abstained=False, citations=({"marker": 1},), usage={"calls": 1}, artifacts=({"name": "a"},)
    ),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "roundtable.sqlite"


def begun(path: Path, conversation_id: str = "c1") -> SQLiteConversationStore:
    store = SQLiteConversationStore(path)
    store.create(ConversationInfo(id=conversation_id, title="t", kb="k", team="qa", strategy="hybrid"))
    return store


def numbered(events: list[kinds.Event], conversation_id: str = "c1") -> list[kinds.Event]:
    from dataclasses import replace

    return [replace(e, conversation_id=conversation_id, seq=n, at=0.25) for n, e in enumerate(events, 1)]


def test_every_kind_of_event_comes_back_equal_from_another_process_s_view(path: Path) -> None:
    store, events = begun(path), numbered(EVERY_KIND)
    for event in events:
        store.append(event)
    assert list(SQLiteConversationStore(path).events("c1")) == events


def test_an_unknown_conversation_is_an_error(path: Path) -> None:
    store = SQLiteConversationStore(path)
    with pytest.raises(ConversationError, match="There is no conversation 'x'"):
        store.events("x")
    with pytest.raises(ConversationError, match="There is no conversation 'x'"):
        store.info("x")


def test_a_number_is_given_once(path: Path) -> None:
    store, (event, *_) = begun(path), numbered(EVERY_KIND)
    store.append(event)
    with pytest.raises(ConversationError, match="goes on with this conversation at the same time"):
        store.append(event)


def test_latest_conversations_come_first(path: Path) -> None:
    store = begun(path)
    store.create(ConversationInfo(id="c2", title="later", kb="k2", team="analyst", strategy="dense"))
    assert [info.id for info in store.list()] == ["c2", "c1"]
    assert store.info("c2").team == "analyst"


def test_threads_append_together(path: Path) -> None:
    store = SQLiteConversationStore(path)
    names = [f"c{n}" for n in range(8)]

    def fill(name: str) -> None:
        store.create(ConversationInfo(id=name, title="", kb="k", team="qa", strategy="hybrid"))
        for event in numbered(EVERY_KIND * 20, name):
            store.append(event)

    threads = [threading.Thread(target=fill, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(list(store.events(name))) == 20 * len(EVERY_KIND) for name in names)


def test_another_connection_may_be_writing(path: Path) -> None:
    store = begun(path)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE documents (id TEXT)")
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, lambda: other.execute("COMMIT")).start()
    store.append(numbered(EVERY_KIND)[0])
    assert len(list(store.events("c1"))) == 1


def test_a_file_that_is_no_database_is_one_sentence(path: Path) -> None:
    path.write_text("not a database, at all, by any means " * 50)
    with pytest.raises(ConversationError, match=r"cannot be used .*not a database"):
        SQLiteConversationStore(path)


def test_nothing_is_kept_of_a_conversation_that_another_process_deleted(path: Path) -> None:
    store, other = begun(path), SQLiteConversationStore(path)
    *first, last = numbered(EVERY_KIND)
    for event in first:
        store.append(event)
    other.delete("c1")
    with pytest.raises(ConversationError, match="was deleted meanwhile"):
        store.append(last)
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT COUNT(*) FROM events").fetchone() == (0,)
