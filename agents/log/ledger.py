"""Which number each passage of a conversation was given, kept beside the log that says so."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any

from agents.answers.evidence import recall
from agents.events import Event, Retrieved, from_json
from agents.ports import Ledger
from retrieval.types import Passage

TABLE = "conversation_passages"
_SCHEMA = f"""
CREATE TABLE {TABLE} (
  conversation_id TEXT NOT NULL, marker INTEGER NOT NULL, chunk_id TEXT NOT NULL, query TEXT NOT NULL,
  passage TEXT NOT NULL, PRIMARY KEY (conversation_id, marker)
) WITHOUT ROWID;
CREATE INDEX {TABLE}_by_chunk ON {TABLE} (conversation_id, chunk_id);
"""

Read = Callable[[str, Sequence[Any]], Sequence[tuple[Any, ...]]]


class MemoryLedger(Ledger):
    """The passages of one run, for a table that keeps no log."""

    last = 0

    def of_chunks(self, chunk_ids: Collection[str]) -> Sequence[Passage]:  # noqa: ARG002 - nothing came before
        """None."""
        return ()

    def of_markers(self, markers: Collection[int]) -> Sequence[Passage]:  # noqa: ARG002
        """None."""
        return ()


class SQLiteLedger(Ledger):
    """The rows of one conversation, read when asked for: its size does not matter."""

    def __init__(self, conversation_id: str, read: Read) -> None:
        self._id = conversation_id
        self._read = read

    @property
    def last(self) -> int:
        """The greatest number given so far; 0 before the first."""
        ((last,),) = self._read(f"SELECT MAX(marker) FROM {TABLE} WHERE conversation_id = ?", (self._id,))
        return last or 0

    def of_chunks(self, chunk_ids: Collection[str]) -> Sequence[Passage]:
        """The passages of those chunks that have a number, in the order of their numbers."""
        return self._passages("chunk_id", chunk_ids)

    def of_markers(self, markers: Collection[int]) -> Sequence[Passage]:
        """The passages of those numbers that were given, in their order."""
        return self._passages("marker", markers)

    def _passages(self, column: str, values: Collection[Any]) -> Sequence[Passage]:
        rows = self._read(
            f"SELECT passage, query FROM {TABLE} WHERE conversation_id = ? "
            f"AND {column} IN (SELECT value FROM json_each(?)) ORDER BY marker",
            (self._id, json.dumps(list(values))),
        )
        return tuple(recall(json.loads(passage), query) for passage, query in rows)


def prepare(db: sqlite3.Connection) -> None:
    """Make the table where there is none, with what an earlier version's log says: all of it, or nothing."""
    there = "SELECT 1 FROM sqlite_master WHERE name = ?"
    if db.execute(there, (TABLE,)).fetchone():
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        if not db.execute(there, (TABLE,)).fetchone():
            for statement in _SCHEMA.split(";\n"):
                db.execute(statement)
            _fill(db)
        db.commit()
    except BaseException:
        db.rollback()
        raise


def _fill(db: sqlite3.Connection) -> None:
    query = """SELECT event FROM events WHERE event LIKE '{"type": "Retrieved"%' ORDER BY conversation_id, seq"""
    for (line,) in db.execute(query).fetchall():
        with suppress(KeyError, TypeError, ValueError):  # a row that nobody can read gives no numbers
            note(db, from_json(line))


def note(db: sqlite3.Connection, event: Event) -> None:
    """Keep the numbers this event gives; one that was given before stays."""
    assert isinstance(event, Retrieved)
    rows = [(event.conversation_id, p["marker"], p["chunk_id"], event.query, json.dumps(p)) for p in event.passages]
    db.executemany(f"INSERT OR IGNORE INTO {TABLE} VALUES (?, ?, ?, ?, ?)", rows)
