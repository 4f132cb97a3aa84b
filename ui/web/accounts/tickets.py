"""Tickets: what a signed-in browser shows with every request."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from typing import NamedTuple

from ui.web.accounts.database import Database
from ui.web.accounts.errors import AccountError
from ui.web.visitor import Role


class Holder(NamedTuple):
    """Whose ticket it is."""

    name: str
    role: Role


class Tickets:
    """A ticket is 256 random bits, of which only a hash is kept; it ends after `hours`, or when it is taken back."""

    def __init__(self, database: Database, *, hours: float, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock, self.seconds = database, clock, hours * 3600

    def issue(self, name: str, *, password: str) -> str:
        """A new ticket for somebody whose kept password still is this one. Raises AccountError otherwise."""
        ticket, now = secrets.token_urlsafe(32), self._clock()
        with self._database.transaction() as db:
            db.execute("DELETE FROM tickets WHERE expires_at <= ?", (now,))
            done = db.execute(
                "INSERT INTO tickets SELECT ?, name, ? FROM accounts"
                " WHERE name = ? AND password = ? AND removed_at IS NULL",
                (_hash(ticket), now + self.seconds, name, password),
            )
            if not done.rowcount:
                raise AccountError("wrong", status=403)
        return ticket

    def holder(self, ticket: str) -> Holder | None:
        """Who holds a ticket that is good."""
        rows = self._database.read(
            "SELECT name, role FROM tickets JOIN accounts USING (name)"
            " WHERE hash = ? AND expires_at > ? AND removed_at IS NULL",
            _hash(ticket),
            self._clock(),
        )
        return Holder(*rows[0]) if rows else None

    def end(self, ticket: str) -> None:
        """Take one ticket back."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM tickets WHERE hash = ?", (_hash(ticket),))

    def end_all(self, name: str) -> None:
        """Take all tickets of a person back."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM tickets WHERE name = ?", (name,))


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "replace")).hexdigest()
