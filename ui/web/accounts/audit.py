"""A record of who did what, to which nothing is changed afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ui.web.accounts.database import Database

Deed = Literal[
    "signed_in", "failed", "signed_out", "signed_out_everywhere", "added", "role_changed", "password_changed",
    "removed", "code_approved", "code_rejected",
]  # fmt: skip

_SCHEMA = """
CREATE TABLE IF NOT EXISTS audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, who TEXT NOT NULL, address TEXT NOT NULL,
  what TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS audit_is_not_changed BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit is not changed'); END;
CREATE TRIGGER IF NOT EXISTS audit_is_not_shortened BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit is not shortened'); END;
"""
_LONGEST = 200


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line: when (seconds since 1970), who, from where, what, and about whom or what."""

    at: float
    who: str
    address: str
    what: Deed
    detail: str


class Audit:
    """`audit.sqlite` in a data directory; may be used from every thread. Secrets do not belong in it."""

    def __init__(self, home: Path, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = Database(home / "audit.sqlite", _SCHEMA), clock

    def note(self, who: str, what: Deed, detail: str = "", *, address: str = "") -> None:
        """Write one line down. `detail` is a name, a role or the hash of code."""
        with self._database.transaction() as db:
            values = (self._clock(), who[:_LONGEST], address, what, detail[:_LONGEST])
            db.execute("INSERT INTO audit (at, who, address, what, detail) VALUES (?, ?, ?, ?, ?)", values)

    def newest(self, limit: int) -> list[Entry]:
        """The latest lines, newest first."""
        rows = self._database.read("SELECT at, who, address, what, detail FROM audit ORDER BY id DESC LIMIT ?", limit)
        return [Entry(at=at, who=who, address=place, what=what, detail=about) for at, who, place, what, about in rows]

    def close(self) -> None:
        """Give the file back."""
        self._database.close()
