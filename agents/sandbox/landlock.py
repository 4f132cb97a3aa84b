"""The wall of Landlock: no namespaces, but rights to few paths, no sockets and no signals out; for inside containers.

What it does not hold back, and why its isolation is "reduced": code learns which paths and processes exist (not what is
in them), it shares the clock, the host's name and its limit of processes with others of the same user, and its disk is
watched rather than limited. Modes, owners and times of files stay as they are, whatever code asks for.
"""

from __future__ import annotations

import errno
import platform
from dataclasses import dataclass
from pathlib import Path

from agents.errors import SandboxUnavailable
from agents.ports import Isolation
from agents.sandbox import seccomp
from agents.sandbox.command import ETC, ROOT, USR, Interpreter
from agents.sandbox.entrance.confine import landlock_version
from agents.sandbox.keep import keep
from agents.sandbox.kept import KeptBox

OLDEST = 6  # the first that holds back signals and abstract sockets

_UPDATE = "Update to Linux 6.12 or newer, or install bubblewrap."
_WITHOUT = {
    errno.ENOSYS: ("this kernel has no Landlock", _UPDATE),
    errno.EOPNOTSUPP: ("Landlock is switched off", "Put it first in the parameter lsm= of Linux: lsm=landlock,…"),
    errno.EPERM: (
        "this container may not use Landlock",
        "Start it with an engine whose system call filter knows Landlock (Docker 23, Podman 4, or newer).",
    ),
}


@dataclass(frozen=True, kw_only=True)
class LandlockWall:
    """A Wall; `interpreter` is the Python inside, `packages` the folder of what it may import."""

    interpreter: Interpreter
    packages: str | None = None
    name: str = "landlock"
    isolation: Isolation = "reduced"

    def start(self) -> KeptBox:
        """Start the runner inside. Raises SandboxUnavailable."""
        if platform.system() != "Linux":
            raise SandboxUnavailable(f"Landlock is a part of Linux; this is {platform.system()}.")
        demand(landlock_version())
        return keep(self.interpreter, self.packages, (self._readable(), seccomp.program(namespaces=False).hex()))

    def _readable(self) -> list[str]:
        system = [f"/{name}" for name in ROOT if not Path("/", name).is_symlink()]
        system += [f"/usr/{name}" for name in USR] + [f"/etc/{name}" for name in ETC]
        return [*system, *self.interpreter.directories, *([self.packages] if self.packages else [])]


def demand(version: int) -> None:
    """Raise SandboxUnavailable unless this version of Landlock, or the negative errno in its place, is enough."""
    if version < 0:
        cause, advice = _WITHOUT.get(
            -version, (f"Landlock fails with {errno.errorcode.get(-version, -version)}", _UPDATE)
        )
        raise SandboxUnavailable(f"Code cannot be confined: {cause}.", hint=advice)
    if version < OLDEST:
        raise SandboxUnavailable(
            f"Code cannot be confined: Landlock has version {version} in this kernel, {OLDEST} is needed.", hint=_UPDATE
        )
