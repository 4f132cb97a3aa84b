"""No wall: code runs as an ordinary process of this machine, for whoever sets `dangerously_run_without_isolation`.

It gets a new folder, an environment without secrets, limits, and an end of everything it started; where the application
is root it is still nobody. It can read what that user can read, use the network, and hide from its end if it wants to.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.ports import Isolation
from agents.sandbox.command import Interpreter
from agents.sandbox.keep import keep
from agents.sandbox.kept import KeptBox


@dataclass(frozen=True, kw_only=True)
class UnsandboxedWall:
    """A Wall that holds nothing back; `interpreter` runs the code, `packages` is the folder of what it may import."""

    interpreter: Interpreter
    packages: str | None = None
    name: str = "unsandboxed"
    isolation: Isolation = "none"

    def start(self) -> KeptBox:
        """Start the runner. Raises SandboxUnavailable."""
        return keep(self.interpreter, self.packages, None)
