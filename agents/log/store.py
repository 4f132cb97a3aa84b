"""Conversations in SQLite: a row each, and their events as an append-only log."""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from agents.errors import ConversationError
from agents.events import Event, Retrieved, RunStarted, from_json, to_json
from agents.log import ledger as passages
from agents.ports import ConversationInfo, ConversationStore, Ledger

_SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=NORMAL;
PRAGMA secure_delete=ON;
PRAGMA foreign_keys=ON;
CREATE TABLE IF NOT EXISTS conversations (
  id TEXT PRIMARY KEY, title TEXT NOT NULL, kb TEXT NOT NULL, team TEXT NOT NULL, strategy TEXT NOT NULL,
  created_at REAL NOT NULL, model TEXT NOT NULL DEFAULT '', owner TEXT NOT NULL DEFAULT '',
  parent TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS events (
  conversation_id TEXT NOT NULL REFERENCES conversations, seq INTEGER NOT NULL, event TEXT NOT NULL,
  PRIMARY KEY (conversation_id, seq)
) WITHOUT ROWID;
"""
_ADDED = ("model", "owner", "parent")
"""Columns that the first version did not have."""
_NAMES = ("id", "title", "kb", "team", "strategy", "created_at", *_ADDED)


class SQLiteConversationStore(ConversationStore):
    """Shares its file with other connections and may be used from every thread.

    What was appended survives the end of the process at any moment; the last events may be lost with the machine.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        with self._errors():
            self._db = sqlite3.connect(path, check_same_thread=False, timeout=10)
            self._db.executescript(_SCHEMA)
            self._add_columns()
            passages.prepare(self._db)

    def create(self, info: ConversationInfo) -> None:
        """Begin a conversation; one that is there stays as it is."""
        with self._transaction() as db:
            _begin(db, info)

    def append(self, event: Event) -> None:
        """Make one event durable. Raises ConversationError when its number is taken or its conversation is gone."""
        with self._transaction() as db:
            _insert(db, event)

    def events(self, conversation_id: str) -> Iterator[Event]:
        """All events of a conversation in order. Raises ConversationError when there is none."""
        self.info(conversation_id)
        query = "SELECT event FROM events WHERE conversation_id = ? ORDER BY seq"
        return (from_json(line) for (line,) in self._read(query, (conversation_id,)))

    def last(self, conversation_id: str) -> int:
        """The number of its last event; 0 before the first."""
        ((last,),) = self._read("SELECT MAX(seq) FROM events WHERE conversation_id = ?", (conversation_id,))
        return last or 0

    def info(self, conversation_id: str) -> ConversationInfo:
        """What a conversation was begun with. Raises ConversationError when there is none."""
        for info in self._infos("WHERE id = ?", (conversation_id,)):
            return info
        raise missing(conversation_id)

    def list(self, *, owner: str | None = None, containing: str = "") -> Sequence[ConversationInfo]:
        """The conversations of `owner` (None: everyone's), latest first.

        With `containing`, those whose title, questions or answers hold that text, whatever its case.
        """
        found = [info for info in self._infos("ORDER BY created_at DESC, id", ()) if owner in (None, info.owner)]
        wanted = containing.casefold()
        return [info for info in found if wanted in info.title.casefold() or self._holds(info.id, wanted)]

    def questions(self) -> Mapping[str, int]:
        """How many questions each conversation holds."""
        begun = """SELECT conversation_id, COUNT(*) FROM events WHERE event LIKE '{"type": "RunStarted"%' GROUP BY 1"""
        return dict(self._read(begun, ()))

    def rename(self, conversation_id: str, title: str) -> None:
        """Give a conversation another title. Raises ConversationError when there is none."""
        self.info(conversation_id)
        self._write("UPDATE conversations SET title = ? WHERE id = ?", (title, conversation_id))

    def delete(self, conversation_id: str) -> None:
        """Remove a conversation for good: nothing of its text stays in the file. Raises ConversationError."""
        self.info(conversation_id)
        with self._transaction() as db:
            for table in ("events", passages.TABLE):
                db.execute(f"DELETE FROM {table} WHERE conversation_id = ?", (conversation_id,))
            db.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))
        with self._lock, self._errors():
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def copy(self, conversation_id: str, into: ConversationInfo, *, through: int) -> None:
        """Begin the conversation `into` with the events of another up to the number `through`, all or nothing.

        What lies in a folder named after the one is expected in a folder named after the other.
        """
        events = [event for event in self.events(conversation_id) if event.seq <= through]
        with self._transaction() as db:
            _begin(db, into)
            for event in events:
                _insert(db, replace(event, conversation_id=into.id), moved=(conversation_id, into.id))

    def ledger(self, conversation_id: str) -> Ledger:
        """The numbers its passages have, as far as its events say; also of one that has not begun."""
        return passages.SQLiteLedger(conversation_id, self._read)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _infos(self, condition: str, values: Sequence[Any]) -> Sequence[ConversationInfo]:
        rows = self._read(f"SELECT {', '.join(_NAMES)} FROM conversations {condition}", values)
        return [ConversationInfo(**dict(zip(_NAMES, row, strict=True))) for row in rows]

    def _holds(self, conversation_id: str, wanted: str) -> bool:
        query = (
            "SELECT event FROM events WHERE conversation_id = ? AND "
            """(event LIKE '{"type": "RunStarted"%' OR event LIKE '{"type": "RunCompleted"%')"""
        )
        said = (from_json(line) for (line,) in self._read(query, (conversation_id,)))
        texts = (event.question if isinstance(event, RunStarted) else getattr(event, "answer", "") for event in said)
        return any(wanted in text.casefold() for text in texts)

    def _add_columns(self) -> None:
        there = {row[1] for row in self._db.execute("PRAGMA table_info(conversations)")}
        for name in _ADDED:
            if name not in there:
                self._db.execute(f"ALTER TABLE conversations ADD COLUMN {name} TEXT NOT NULL DEFAULT ''")

    def _read(self, query: str, values: Sequence[Any]) -> Sequence[tuple[Any, ...]]:
        with self._lock, self._errors():
            return self._db.execute(query, values).fetchall()

    def _write(self, statement: str, values: Sequence[Any]) -> None:
        with self._transaction() as db:
            db.execute(statement, values)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._errors(), self._db:
            yield self._db

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError as error:
            if "FOREIGN KEY" in str(error):
                raise ConversationError(
                    "The conversation was deleted meanwhile, and nothing more of it is kept.", hint="Begin a new one."
                ) from error
            raise ConversationError(
                "Another process or window goes on with this conversation at the same time.",
                hint="Wait until it is done, and open the conversation again.",
            ) from error
        except sqlite3.Error as error:
            raise ConversationError(
                f"The conversation log {self._path} cannot be used ({error}).",
                hint="Check the file's permissions and the space left on its disk.",
            ) from error


def missing(conversation_id: str) -> ConversationError:
    """The error for a conversation that is not there, or not there for whoever asks."""
    return ConversationError(
        f"There is no conversation {conversation_id[:80]!r}.", hint="See `conversations list`, or begin a new one."
    )


def _begin(db: sqlite3.Connection, info: ConversationInfo) -> None:
    values = {**vars(info), "created_at": info.created_at or time.time()}
    marks = ", ".join("?" for _ in _NAMES)
    db.execute(
        f"INSERT OR IGNORE INTO conversations ({', '.join(_NAMES)}) VALUES ({marks})",
        tuple(values[name] for name in _NAMES),
    )


def _insert(db: sqlite3.Connection, event: Event, *, moved: tuple[str, str] = ("", "")) -> None:
    line = to_json(event).encode("utf-8", "backslashreplace").decode("utf-8")  # half characters become JSON escapes
    if moved[0]:
        line = re.sub(rf'("path": "[^"]*/){moved[0]}(?=/)', rf"\g<1>{moved[1]}", line)
    db.execute("INSERT INTO events VALUES (?, ?, ?)", (event.conversation_id, event.seq, line))
    if isinstance(event, Retrieved):
        passages.note(db, event)
