"""One-shot Python in bubblewrap: its own namespaces, no network, nothing of the host to write, hard limits."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass

from agents.errors import SandboxUnavailable
from agents.ports import CodeResult, RunStatus, StopSignal
from agents.sandbox.command import MB, Interpreter
from agents.sandbox.launch import launched, not_started
from agents.sandbox.supervise import Limits, supervise
from configs.settings import SandboxSettings

CODE_BYTES = 1_000_000  # far more than a person or a model writes


@dataclass(frozen=True, kw_only=True)
class _End:
    status: RunStatus
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""


@dataclass(frozen=True, kw_only=True)
class BubblewrapSandbox:
    """A Sandbox; `bwrap` is the path of bubblewrap, `interpreter` the Python inside."""

    settings: SandboxSettings
    bwrap: str
    interpreter: Interpreter
    name: str = "bubblewrap"

    def run(self, code: str, *, timeout_s: float | None = None, stop: StopSignal | None = None) -> CodeResult:
        """Run Python `code` alone and leave nothing behind. A failure is a status, never an exception."""
        started = time.monotonic()
        fault = _fault(code)
        end = _End(status="error", stderr=fault) if fault else self._end(code, self._limits(timeout_s), stop)
        return CodeResult(
            backend=self.name,
            isolation="full",
            status=end.status,
            exit_code=end.exit_code,
            stdout=end.stdout,
            stderr=end.stderr,
            ms=(time.monotonic() - started) * 1000,
        )

    def _limits(self, timeout_s: float | None) -> Limits:
        return Limits(
            timeout_s=self.settings.timeout_s if timeout_s is None else timeout_s,
            memory_bytes=self.settings.memory_mb * MB,
            output_chars=self.settings.output_chars,
        )

    def _end(self, code: str, limits: Limits, stop: StopSignal | None) -> _End:
        try:
            return self._follow(code, limits, stop)
        except SandboxUnavailable as error:
            return _End(status="refused", stderr=str(error))
        except OSError as error:
            return _End(status="refused", stderr=f"The sandbox cannot be started: {error.strerror}.")

    def _follow(self, code: str, limits: Limits, stop: StopSignal | None) -> _End:
        with launched(self.bwrap, self.interpreter, code.encode(), memory_bytes=limits.memory_bytes) as box:
            capture, verdict = supervise(box, limits, stop)
            exit_code = box.exit_code()
        stdout, stderr = capture.text("stdout"), capture.text("stderr")
        if verdict is not None:
            return _End(status=verdict.status, stdout=stdout, stderr=_with(stderr, verdict.cause))
        if exit_code is None:
            raise not_started(stderr)
        stderr = _with(stderr, _signal_sentence(exit_code))
        return _End(status="error" if exit_code else "ok", exit_code=exit_code, stdout=stdout, stderr=stderr)


def _fault(code: str) -> str:
    """Why the code cannot be handed to Python, in one sentence; empty when it can."""
    if not code.strip():
        return "There is no code to run."
    if "\0" in code:
        return "The code is not text: it holds a NUL character."
    try:
        size = len(code.encode())
    except UnicodeEncodeError:
        return "The code is not text: it holds half of a surrogate pair, which UTF-8 cannot write."
    return f"The code is {size} bytes long; at most {CODE_BYTES} are run." if size > CODE_BYTES else ""


def _signal_sentence(exit_code: int) -> str:
    """What an exit code above 128 stands for; such a program had no chance to say so itself."""
    names = {128 + s: s.name for s in signal.Signals}
    return f"The program ended with exit code {exit_code} ({names[exit_code]})." if exit_code in names else ""


def _with(text: str, sentence: str) -> str:
    return "\n".join(part for part in (text.rstrip("\n"), sentence) if part) if sentence else text
