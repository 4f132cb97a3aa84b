"""The sandbox of a machine without one: it runs nothing and says what to do."""

from __future__ import annotations

from dataclasses import dataclass

from agents.ports import CodeResult, StopSignal


@dataclass(frozen=True)
class RefusingSandbox:
    """A Sandbox that answers every run with status `refused` and `reason` as its stderr."""

    reason: str
    name: str = "none"

    def run(self, code: str, *, timeout_s: float | None = None, stop: StopSignal | None = None) -> CodeResult:  # noqa: ARG002
        """Refuse."""
        return CodeResult(
            backend=self.name,
            isolation="none",
            status="refused",
            exit_code=None,
            stdout="",
            stderr=self.reason,
            ms=0.0,
        )
