"""The sandbox of a machine without one: it runs nothing and says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agents.ports import CodeResult, Isolation, Language, Session, StopSignal
from agents.sandbox.inputs import Inputs


@dataclass(frozen=True)
class RefusingSandbox:
    """A Sandbox that answers every run with status `refused` and `reason` as its stderr."""

    reason: str
    name: str = "none"
    isolation: Isolation = "none"

    def run(
        self,
        code: str,  # noqa: ARG002
        *,
        timeout_s: float | None = None,  # noqa: ARG002
        stop: StopSignal | None = None,  # noqa: ARG002
        keep: Path | None = None,  # noqa: ARG002
    ) -> CodeResult:
        """Refuse."""
        return _refused(self)

    def session(self, *, keep: Path | None = None) -> Session:  # noqa: ARG002
        """A session that refuses."""
        return RefusingSession(self)

    def warm_up(self) -> None:
        """There is nothing to start."""

    def close(self) -> None:
        """There is nothing to end."""


@dataclass(frozen=True)
class RefusingSession:
    """A Session that runs nothing."""

    sandbox: RefusingSandbox

    def run(
        self,
        code: str,  # noqa: ARG002
        *,
        language: Language = "python",  # noqa: ARG002
        timeout_s: float | None = None,  # noqa: ARG002
        stop: StopSignal | None = None,  # noqa: ARG002
    ) -> CodeResult:
        """Refuse."""
        return _refused(self.sandbox)

    def put(self, name: str, content: bytes) -> str:
        """Check the file as a real session does, and forget it."""
        Inputs().add(name, content)
        return f"inputs/{name}"

    def close(self) -> None:
        """There is nothing to end."""


def _refused(sandbox: RefusingSandbox) -> CodeResult:
    return CodeResult(
        backend=sandbox.name,
        isolation=sandbox.isolation,
        status="refused",
        exit_code=None,
        stdout="",
        stderr=sandbox.reason,
        ms=0.0,
    )
