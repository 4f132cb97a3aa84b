"""Who may sign in, and as what."""

from __future__ import annotations

import re
import sqlite3
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ui.web.accounts.database import Database
from ui.web.accounts.errors import AccountError
from ui.web.visitor import ROLES, Role

FILE = "accounts.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
  name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL DEFAULT '', subject TEXT UNIQUE,
  made_at REAL NOT NULL, removed_at REAL
);
CREATE TABLE IF NOT EXISTS tickets (
  hash TEXT PRIMARY KEY, name TEXT NOT NULL REFERENCES accounts, expires_at REAL NOT NULL
);
"""
_NAME = re.compile(r"\w[\w.@+-]{0,63}")
_LIVE = "removed_at IS NULL"


@dataclass(frozen=True, kw_only=True)
class Account:
    """A person that may sign in; one without a password does so elsewhere."""

    name: str
    role: Role
    has_password: bool


def open_accounts(home: Path) -> Database:
    """The file of the accounts in a data directory."""
    return Database(home / FILE, _SCHEMA)


def name_of(text: str) -> str:
    """A name as it is kept: one spelling for all. Raises AccountError for what is none."""
    name = unicodedata.normalize("NFKC", text).strip().casefold()
    if not _NAME.fullmatch(name):
        raise AccountError("name_wrong")
    return name


def role_of(text: str) -> Role:
    """A role by its name. Raises AccountError for what is none."""
    for role in ROLES:
        if role == text:
            return role
    raise AccountError("role_wrong", roles=", ".join(ROLES))


class Accounts:
    """The accounts; whatever changes one ends its tickets. At least one admin stays.

    A removed name is never given again: what its person asked and kept is found under it.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock

    def all(self) -> list[Account]:
        """Everybody, by name."""
        rows = self._database.read(f"SELECT name, role, password <> '' FROM accounts WHERE {_LIVE} ORDER BY name")
        return [Account(name=name, role=role, has_password=bool(has)) for name, role, has in rows]

    def password(self, name: str) -> str:
        """What is kept of a password; empty for nobody."""
        rows = self._database.read(f"SELECT password FROM accounts WHERE name = ? AND {_LIVE}", name)
        return str(rows[0][0]) if rows else ""

    def has_admin(self) -> bool:
        """Whether there is anybody who can make accounts."""
        return bool(self._database.read(f"SELECT 1 FROM accounts WHERE role = 'admin' AND {_LIVE} LIMIT 1"))

    def add(self, name: str, role: Role, password: str) -> None:
        """Make an account; `password` is hashed. Raises AccountError for a name that is or was somebody's."""
        with self._database.transaction() as db:
            self._insert(db, name, role, password=password)

    def add_first(self, name: str, password: str) -> None:
        """Make the first admin. Raises AccountError when there is one."""
        with self._database.transaction() as db:
            if _admins(db):
                raise AccountError("set_up_done", status=403)
            self._insert(db, name, "admin", password=password)

    def set_role(self, name: str, role: Role) -> None:
        """Make somebody another role. Raises AccountError for nobody and the last admin."""
        with self._database.transaction() as db:
            _spare_the_last_admin(db, name, role)
            _change(db, name, "role", role)

    def set_password(self, name: str, password: str) -> None:
        """Give somebody another password, hashed. Raises AccountError for nobody, and who signs in elsewhere."""
        with self._database.transaction() as db:
            if db.execute("SELECT 1 FROM accounts WHERE name = ? AND subject IS NOT NULL", (name,)).fetchone():
                raise AccountError("signs_in_elsewhere", name=name)
            _change(db, name, "password", password)

    def remove(self, name: str) -> None:
        """Take an account away. Raises AccountError for nobody and the last admin."""
        with self._database.transaction() as db:
            _spare_the_last_admin(db, name, None)
            _change(db, name, "removed_at", self._clock())
            db.execute("UPDATE accounts SET password = '' WHERE name = ?", (name,))

    def of_subject(self, subject: str, name: str, role: Role | None, default: Role) -> Account:
        """The account of a person whom somebody else vouches for by `subject`; made when there is none.

        `role` is theirs from now on if given; `default` is a new account's. Raises AccountError when the account was
        removed, or the name is another's.
        """
        with self._database.transaction() as db:
            row = db.execute("SELECT name, role, removed_at FROM accounts WHERE subject = ?", (subject,)).fetchone()
            if row is None:
                self._insert(db, name, role or default, subject=subject)
                return Account(name=name, role=role or default, has_password=False)
            known, had, removed_at = row
            if removed_at is not None:
                raise AccountError("account_removed", status=403)
            if role is not None and role != had:
                _change(db, known, "role", role)
            return Account(name=known, role=role or had, has_password=False)

    def _insert(
        self, db: sqlite3.Connection, name: str, role: Role, *, password: str = "", subject: str | None = None
    ) -> None:
        if db.execute("SELECT 1 FROM accounts WHERE name = ?", (name,)).fetchone():
            raise AccountError("name_taken", name=name)
        db.execute(
            "INSERT INTO accounts (name, role, password, subject, made_at) VALUES (?, ?, ?, ?, ?)",
            (name, role, password, subject, self._clock()),
        )


def _change(db: sqlite3.Connection, name: str, column: str, value: object) -> None:
    if not db.execute(f"UPDATE accounts SET {column} = ? WHERE name = ? AND {_LIVE}", (value, name)).rowcount:
        raise AccountError("name_unknown", status=404)
    db.execute("DELETE FROM tickets WHERE name = ?", (name,))


def _spare_the_last_admin(db: sqlite3.Connection, name: str, role: Role | None) -> None:
    if role != "admin" and _admins(db) == [name]:
        raise AccountError("last_admin")


def _admins(db: sqlite3.Connection) -> list[str]:
    return [name for (name,) in db.execute(f"SELECT name FROM accounts WHERE role = 'admin' AND {_LIVE}")]
