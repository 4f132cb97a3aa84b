"""Where a session that outlives a command is found, and how it is known whether it lives."""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agents.errors import SandboxSessionRefused

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ADDRESS_BYTES = 107  # what fits in sockaddr_un, less the final NUL


@dataclass(frozen=True)
class Place:
    """The files of one session, in a folder that nobody else may enter.

    `state` is locked for as long as the session's host lives, however that ends. What stands in it says that there are
    variables; so a file that is not empty and not locked is that of a session which ended without being closed.
    """

    folder: Path
    id: str

    @classmethod
    def within(cls, home: Path, session_id: str) -> Place:
        """The place of a session in a data directory. Raises SandboxSessionRefused for what is no ID."""
        if not _ID.fullmatch(session_id):
            raise SandboxSessionRefused(
                f"{session_id[:80]!r} is no ID of a session.", hint="Use 1 to 64 letters (A-Z, a-z), digits, - and _."
            )
        return cls(home / "sandbox", session_id)

    @classmethod
    def all_within(cls, home: Path) -> list[Place]:
        """Every place that holds a state, of the living and the dead."""
        folder = home / "sandbox"
        found = sorted(path.stem for path in folder.glob("*.state")) if folder.is_dir() else []
        return [cls(folder, name) for name in found if _ID.fullmatch(name)]

    @property
    def state(self) -> Path:
        """The file that the host locks."""
        return self.folder / f"{self.id}.state"

    @property
    def socket(self) -> Path:
        """Where the host listens."""
        return self.folder / f"{self.id}.sock"

    @property
    def log(self) -> Path:
        """What a host that failed left behind."""
        return self.folder / f"{self.id}.log"

    def prepare(self) -> None:
        """Make the folder, ours alone. Raises SandboxSessionRefused."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            found = self.folder.lstat()
            ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
            if ours and stat.S_IMODE(found.st_mode) & 0o077:
                self.folder.chmod(0o700)
        except OSError as error:
            raise SandboxSessionRefused(
                f"The folder {self.folder} cannot be used ({error.strerror}).", hint="Choose another --data-dir."
            ) from error
        if not ours:
            raise SandboxSessionRefused(
                f"{self.folder} is not a folder of our own user.", hint="Choose another --data-dir."
            )

    @contextmanager
    def address(self) -> Iterator[str]:
        """The socket's path, or where that is too long for one, another way to it."""
        if len(os.fsencode(self.socket)) <= _ADDRESS_BYTES:
            yield str(self.socket)
            return
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield f"/proc/self/fd/{folder}/{self.socket.name}"
        finally:
            os.close(folder)


class Life:
    """The lock on a session's state: who holds it is its host, or is about to start it."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self.descriptor = descriptor
        self._path = path

    @classmethod
    def take(cls, place: Place, *, make: bool = False) -> Life | None:
        """The lock, or None when another has it. Raises FileNotFoundError where there is no state and none is made."""
        flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_CREAT if make else 0)
        while True:
            life = cls(os.open(place.state, flags, 0o600), place.state)
            try:
                fcntl.flock(life.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                life.release()
                return None
            if life.current:
                return life
            life.release()

    @property
    def current(self) -> bool:
        """Whether the file is still the one that others would find."""
        try:
            return os.path.samestat(os.fstat(self.descriptor), self._path.stat())
        except OSError:
            return False

    @property
    def has_variables(self) -> bool:
        """Whether code has run in the session that is, or was, here."""
        return os.fstat(self.descriptor).st_size > 0

    def remember(self) -> None:
        """Note that there are variables now."""
        os.pwrite(self.descriptor, b"%d\n" % os.getpid(), 0)

    def clear(self) -> None:
        """Note that there are none, and that nobody has to be told."""
        os.ftruncate(self.descriptor, 0)

    def forget(self) -> None:
        """Remove the file."""
        if self.current:
            self._path.unlink()

    def release(self) -> None:
        """Let others have it; a process that inherited the descriptor keeps it."""
        os.close(self.descriptor)
