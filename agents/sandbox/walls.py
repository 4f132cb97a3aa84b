"""What every backend provides: a wall, behind which the one runner is started."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import Protocol

from agents.ports import Isolation


@dataclass(frozen=True, kw_only=True)
class Inside:
    """What the runner finds behind the wall.

    `workspace` is the directory it may write to and works in, `packages` a folder of what code may import beside the
    standard library (None: whatever the interpreter has), `processes` the RLIMIT_NPROC to set (None: set outside).
    """

    workspace: str
    packages: str | None
    processes: int | None


class Box(Protocol):
    """What was started behind a wall: the runner, and whatever the code starts."""

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """Our end: the runner reads requests from its stdin and writes events to its stdout."""
        ...

    @property
    def inside(self) -> Inside:
        """What the runner finds."""
        ...

    def exceeds(self, memory_bytes: int) -> bool:
        """Whether everything inside, memory file systems included, holds more than that."""
        ...

    def kill(self) -> None:
        """End everything inside at once, from any thread."""
        ...

    def bury(self) -> None:
        """Kill, and wait until nothing is left. May be called again."""
        ...


class Wall(Protocol):
    """A way to keep code in. Equal walls isolate alike, so that one probe speaks for all."""

    def __hash__(self) -> int:
        """As its parts."""
        ...

    @property
    def name(self) -> str:
        """The backend's name in settings and results."""
        ...

    @property
    def isolation(self) -> Isolation:
        """How much it holds back."""
        ...

    def start(self) -> Box:
        """Start `python -I -S -c BOOT` of agents.sandbox.boot inside. Raises SandboxUnavailable, saying what to do."""
        ...
