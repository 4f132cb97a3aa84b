"""A small SQLite file that nobody but the owner of the machine's account may read."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from configs.errors import AppError

_WAIT_S = 10


class Database:
    """May be used from every thread, and by several processes; reading never waits for writing."""

    def __init__(self, path: Path, schema: str) -> None:
        self._path = path
        self._writing, self._reading = threading.Lock(), threading.Lock()
        with self._errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            path.chmod(0o600)
            self._writer, self._reader = self._connection(), self._connection()
            self._writer.executescript(f"PRAGMA journal_mode=WAL; PRAGMA secure_delete=ON; {schema}")

    def read(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self._reading, self._errors():
            return self._reader.execute(query, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of what is done in the block, or nothing; nobody else writes meanwhile."""
        with self._writing, self._errors():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")

    def close(self) -> None:
        """Give the file back."""
        self._reader.close()
        self._writer.close()

    def _connection(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, check_same_thread=False, timeout=_WAIT_S, isolation_level=None)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            hint = "Check the file's permissions and the space left on its disk."
            raise AppError(f"The file {self._path} cannot be used ({error}).", hint=hint) from error
