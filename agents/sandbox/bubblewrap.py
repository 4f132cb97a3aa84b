"""The wall of bubblewrap: namespaces of its own, no network, nothing of the host to write, a system call filter."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agents.ports import Isolation
from agents.sandbox.command import Interpreter
from agents.sandbox.launch import BubblewrapBox, launch


@dataclass(frozen=True, kw_only=True)
class BubblewrapWall:
    """A Wall; `bwrap` is the path of bubblewrap, `interpreter` the Python inside, `packages` what it may import."""

    bwrap: str
    interpreter: Interpreter
    packages: Path | None = None
    name: str = "bubblewrap"
    isolation: Isolation = "full"

    def start(self) -> BubblewrapBox:
        """Start the runner inside. Raises SandboxUnavailable."""
        return launch(self.bwrap, self.interpreter, self.packages)
