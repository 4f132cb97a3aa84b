"""Who may touch a data directory: one writer, or any number of readers, held by the operating system."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from retrieval.errors import DataDirectoryInUse, StoreError

READERS_WAIT_S = 5.0
"""How long a writer waits for reading commands, which are short, to end."""


class DataDirectoryLock:
    """Taken on construction, released by `close` or the end of the process, however it ends."""

    def __init__(self, home: Path, *, exclusive: bool, command: str = "") -> None:
        self._home, self._exclusive = home, exclusive
        self._owner_file = home / "owner.json"
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(
                f"The data directory {home} cannot be used ({error.strerror}).",
                hint="Choose another with --data-dir.",
            ) from error
        try:
            self._acquire(fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        except DataDirectoryInUse:
            os.close(self._file)
            raise
        if exclusive:
            self.announce(command=command)

    def announce(self, **facts: Any) -> None:
        """Tell other processes who owns the directory (and, for an app, how to reach it)."""
        facts = {"pid": os.getpid(), **facts}
        temporary = self._owner_file.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(facts, file)
        temporary.replace(self._owner_file)

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Hold the directory alone for a moment. Raises DataDirectoryInUse."""
        if self._exclusive:
            yield
            return
        try:
            self._acquire(fcntl.LOCK_EX)
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_SH)

    def close(self) -> None:
        """Let others in; does nothing the second time."""
        if self._file < 0:
            return
        if self._exclusive:
            self._owner_file.unlink(missing_ok=True)
        os.close(self._file)
        self._file = -1

    def _acquire(self, mode: int) -> None:
        deadline = time.monotonic() + READERS_WAIT_S
        while True:
            try:
                fcntl.flock(self._file, mode | fcntl.LOCK_NB)
            except BlockingIOError:
                owner = read_owner(self._home)
                if owner or time.monotonic() > deadline:
                    raise _in_use(self._home, owner) from None
                time.sleep(0.05)
            else:
                return


def read_owner(home: Path) -> dict[str, Any]:
    """What the writing owner announced; empty when there is none, or it is gone."""
    try:
        owner: dict[str, Any] = json.loads((home / "owner.json").read_text(encoding="utf-8"))
        os.kill(int(owner["pid"]), 0)
    except PermissionError:
        return owner
    except (OSError, ValueError, KeyError):
        return {}
    return owner


def _in_use(home: Path, owner: dict[str, Any]) -> DataDirectoryInUse:
    who = f"process {owner['pid']} ({owner.get('command', 'unknown')})" if owner else "other reading commands"
    return DataDirectoryInUse(
        f"The data directory {home} is in use by {who}.",
        hint="Wait for it to end, stop it, or choose another with --data-dir.",
    )
