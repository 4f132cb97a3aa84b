"""Conversations in SQLite: a row each, and their events as an append-only log."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agents.errors import ConversationError
from agents.events import Event, from_json, to_json
from agents.ports import ConversationInfo, ConversationStore

_SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=NORMAL;
CREATE TABLE IF NOT EXISTS conversations (
  id TEXT PRIMARY KEY, title TEXT NOT NULL, kb TEXT NOT NULL, team TEXT NOT NULL, strategy TEXT NOT NULL,
  created_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS events (
  conversation_id TEXT NOT NULL REFERENCES conversations, seq INTEGER NOT NULL, event TEXT NOT NULL,
  PRIMARY KEY (conversation_id, seq)
) WITHOUT ROWID;
"""


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

    def create(self, conversation_id: str, *, title: str, kb: str, team: str, strategy: str) -> None:
        """Begin a conversation; one that is there stays as it is."""
        row = (conversation_id, title, kb, team, strategy, time.time())
        self._write("INSERT OR IGNORE INTO conversations VALUES (?, ?, ?, ?, ?, ?)", row)

    def append(self, event: Event) -> None:
        """Make one event durable. Raises ConversationError when its number is taken."""
        self._write("INSERT INTO events VALUES (?, ?, ?)", (event.conversation_id, event.seq, _line(event)))

    def events(self, conversation_id: str) -> Iterator[Event]:
        """All events of a conversation in order. Raises ConversationError when there is none."""
        self.info(conversation_id)
        query = "SELECT event FROM events WHERE conversation_id = ? ORDER BY seq"
        return (from_json(line) for (line,) in self._read(query, (conversation_id,)))

    def info(self, conversation_id: str) -> ConversationInfo:
        """What a conversation was begun with. Raises ConversationError when there is none."""
        for info in self._infos("WHERE id = ?", (conversation_id,)):
            return info
        raise ConversationError(f"There is no conversation {conversation_id!r}.", hint="Begin a new one.")

    def list(self) -> Sequence[ConversationInfo]:
        """All conversations, latest first."""
        return self._infos("ORDER BY created_at DESC, id", ())

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _infos(self, condition: str, values: Sequence[Any]) -> Sequence[ConversationInfo]:
        names = ("id", "title", "kb", "team", "strategy", "created_at")
        rows = self._read(f"SELECT {', '.join(names)} FROM conversations {condition}", values)
        return [ConversationInfo(**dict(zip(names, row, strict=True))) for row in rows]

    def _read(self, query: str, values: Sequence[Any]) -> Sequence[tuple[Any, ...]]:
        with self._lock, self._errors():
            return self._db.execute(query, values).fetchall()

    def _write(self, statement: str, values: Sequence[Any]) -> None:
        with self._lock, self._errors(), self._db:
            self._db.execute(statement, values)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise ConversationError(
                f"The conversation log {self._path} cannot be used ({error}).",
                hint="Check the file's permissions and the space left on its disk.",
            ) from error


def _line(event: Event) -> str:
    """JSON that SQLite can hold: half characters, as undecodable file names have them, become JSON escapes."""
    return to_json(event).encode("utf-8", "backslashreplace").decode("utf-8")
