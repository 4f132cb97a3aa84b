"""What is told of a run: a status, an exit code, what it printed, and sentences where something went wrong."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from agents.ports import CodeResult, Language, RunStatus
from agents.sandbox import artifacts
from agents.sandbox.command import MB
from agents.sandbox.following import Outcome
from agents.sandbox.link import Limits
from agents.sandbox.walls import Wall

CODE_BYTES = 1_000_000  # far more than a person or a model writes
LOST = "The variables and files of the session are lost."
VARIABLES_LOST = "The variables of the session are lost; its files are there."
NO_ISOLATION = "Warning: this code ran as an ordinary process of this machine, without isolation."


def fault(code: str, language: Language = "python") -> str:
    """Why the code cannot be run at all, in one sentence; empty when it can."""
    if language not in get_args(Language):
        return f"There is no language {language!r}; code is run as {' or '.join(get_args(Language))}."
    if not code.strip():
        return "There is no code to run."
    if "\0" in code:
        return "The code is not text: it holds a NUL character."
    try:
        size = len(code.encode())
    except UnicodeEncodeError:
        return "The code is not text: it holds half of a surrogate pair, which UTF-8 cannot write."
    return f"The code is {size} bytes long; at most {CODE_BYTES} are run." if size > CODE_BYTES else ""


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """Where a run took place and since when; the files it made go into `keep`."""

    wall: Wall
    since: float
    keep: Path | None = None

    def result(self, status: RunStatus, stderr: str, **more: Any) -> CodeResult:
        """What is told; without more of a run that never began."""
        empty = {"exit_code": None, "stdout": ""}
        return CodeResult(
            backend=self.wall.name,
            isolation=self.wall.isolation,
            status=status,
            stderr=stderr,
            ms=(time.monotonic() - self.since) * 1000,
            **{**empty, **more},
        )


def told(outcome: Outcome, occasion: Occasion, limits: Limits, *, more: str = "", lost: bool = False) -> CodeResult:
    """The result of a run; `more` is a sentence to add, `lost` says that the session's state is gone."""
    status, cause = _ending(outcome)
    kept, problem = _kept(outcome, limits, occasion.keep)
    warning = NO_ISOLATION if occasion.wall.isolation == "none" else ""
    return occasion.result(
        status,
        _joined(outcome.capture.text("stderr"), cause, more, problem, warning),
        exit_code=None if outcome.verdict or outcome.gone else outcome.exit_code,
        stdout=outcome.capture.text("stdout"),
        artifacts=kept,
        state_lost=lost,
    )


def _ending(outcome: Outcome) -> tuple[RunStatus, str]:
    if outcome.verdict is not None:
        return outcome.verdict.status, outcome.verdict.cause
    if outcome.gone:
        return "killed", "The sandbox ended while the code was running."
    code = outcome.exit_code or 0
    return ("error" if code else "ok"), _signal_sentence(code)


def _signal_sentence(exit_code: int) -> str:
    """What an exit code above 128 stands for; such a program had no chance to say so itself."""
    names = {128 + s: s.name for s in signal.Signals if s is not signal.SIGINT}
    return f"The program ended with exit code {exit_code} ({names[exit_code]})." if exit_code in names else ""


def _kept(outcome: Outcome, limits: Limits, folder: Path | None) -> tuple[tuple[dict[str, object], ...], str]:
    left_out = outcome.left_out
    count = f"{left_out} file{'' if left_out == 1 else 's'} {'was' if left_out == 1 else 'were'} left out"
    most = f"at most {limits.artifacts} files of {limits.artifact_bytes // MB} MB in all are kept"
    problem = f"{count}: {most}." if left_out else ""
    try:
        return artifacts.keep(outcome.parts, folder), problem
    except OSError as error:
        return (), f"The files it made cannot be kept in {folder} ({error.strerror})."


def _joined(text: str, *sentences: str) -> str:
    said = [sentence for sentence in sentences if sentence]
    return "\n".join([text.rstrip("\n"), *said] if text.strip() else said) if said else text
