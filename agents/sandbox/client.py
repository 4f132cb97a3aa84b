"""Sessions that live on in a host process, as their users have them: like any other session."""

from __future__ import annotations

import base64
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.errors import SandboxFileRefused, SandboxSessionGone, SandboxSessionRefused
from agents.ports import CodeResult, Isolation, Language, RunStatus, StopSignal
from agents.sandbox.inputs import Inputs
from agents.sandbox.lines import Lines, Message
from agents.sandbox.link import PIECE_BYTES
from agents.sandbox.place import Life, Place
from agents.sandbox.reach import POLL_S, Host, connect, dial, reach
from agents.sandbox.results import LOST, fault
from agents.sandbox.session import CLOSED
from configs.settings import SandboxSettings

TICK_S = 0.05
ANSWER_S = 10.0
END_S = 5.0
ATTEMPTS = 5
DIED = f"The host of the session ended while the code was running. {LOST}"


class RemoteSession:
    """A Session in a host process, which is started at first use and outlives this object unless it is closed."""

    def __init__(self, place: Place, settings: SandboxSettings) -> None:
        self._place, self._settings = place, settings
        self._inputs = Inputs()
        self._filled = ""
        self._closed = False

    def run(
        self,
        code: str,
        *,
        language: Language = "python",
        timeout_s: float | None = None,
        stop: StopSignal | None = None,
    ) -> CodeResult:
        """Run one cell, after those that are under way. When this process dies meanwhile, the cell is stopped."""
        since = time.monotonic()
        if problem := fault(code, language):
            return _without_run("error", problem, since)
        if self._closed:
            return _without_run("refused", CLOSED, since)
        seconds = self._settings.timeout_s if timeout_s is None else timeout_s
        request = {"op": "run", "code": code, "language": language, "timeout_s": seconds}
        try:
            for _ in range(ATTEMPTS):
                with self._host() as host:
                    if (result := _ask(host, request, stop, since)) is not None:
                        return result
        except (SandboxSessionRefused, SandboxFileRefused) as error:
            return _without_run("refused", str(error), since)
        return _without_run("refused", f"The host of the session {self._place.id!r} takes no code.", since)

    def put(self, name: str, content: bytes) -> str:
        """Lay a read-only copy of a file before the code, now and after a restart; returns its path for the code.

        Raises SandboxFileRefused, and SandboxSessionRefused when the host cannot be started or reached.
        """
        self._inputs.add(name, content)
        try:
            with self._host(name):
                return f"inputs/{name}"
        except SandboxFileRefused:
            del self._inputs[name]
            raise

    def close(self) -> None:
        """End the session and its host. A run that comes later is refused."""
        self._closed = True
        with suppress(SandboxSessionGone):
            close_session(self._place)

    @contextmanager
    def _host(self, *new: str) -> Iterator[Host]:
        """A connection to the host, where our files lie: all of them in a host that has none yet, else the new ones."""
        host = reach(self._place, self._settings)
        with host.lines:
            self._check_wall(host)
            for name in new if host.run == self._filled else list(self._inputs):
                _lay(host.lines, name, self._inputs[name])
            self._filled = host.run
            yield host

    def _check_wall(self, host: Host) -> None:
        """Raise SandboxSessionRefused for a host that began under settings which allowed another wall."""
        dangerous = ("unsandboxed",) if self._settings.dangerously_run_without_isolation else ()
        if host.backend not in (*self._settings.backends, *dangerous, "none"):
            raise SandboxSessionRefused(
                f"The session {self._place.id!r} runs behind {host.backend}, which the settings no longer allow.",
                hint=f"End it with `sandbox close {self._place.id}`.",
            )


@dataclass(frozen=True, kw_only=True)
class LiveSession:
    """A session that is there; `waiting` runs stand in line behind one under way, `idle_s` is how long none was."""

    id: str
    pid: int
    backend: str
    isolation: Isolation
    busy: bool
    waiting: int
    idle_s: float


def live_sessions(home: Path) -> list[LiveSession]:
    """The sessions of a data directory whose hosts live and answer."""
    found = []
    for place in Place.all_within(home):
        with suppress(SandboxSessionRefused, OSError):
            if (host := connect(place)) is not None:
                found += _live(place, host)
    return found


def close_session(place: Place) -> None:
    """End a session, its host and all in it; when this returns no process is left. Raises SandboxSessionGone."""
    if not place.state.exists():
        raise _gone(place, "There is no session by the name of")
    life, lived = _end_host(place)
    for path in (place.socket, place.log):
        path.unlink(missing_ok=True)
    life.forget()
    life.release()
    if not lived:
        raise _gone(place, "There is no session any more by the name of")


def _end_host(place: Place) -> tuple[Life, bool]:
    """Have the host end and wait for the lock it held; whether there was a host at all."""
    lived, deadline = False, time.monotonic() + 2 * END_S
    while (life := _wait_for_life(place, POLL_S)) is None:
        if (found := dial(place)) is not None:
            lived = _ended(place, *found) or lived
        if time.monotonic() > deadline:
            raise SandboxSessionRefused(f"The host of the session {place.id!r} does not end.", hint="Try again.")
    return life, lived


def _ended(place: Place, connection: socket.socket, pid: int) -> bool:
    """Ask a host to end, and kill one that does not; false when it was dead already."""
    with Lines(connection) as lines:
        try:
            if lines.receive(END_S) is None:
                return False
            lines.send(op="close")
            if (life := _wait_for_life(place, END_S)) is not None:
                life.release()
                return True
        except OSError:
            pass
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return True


def _wait_for_life(place: Place, seconds: float) -> Life | None:
    deadline = time.monotonic() + seconds
    while (life := Life.take(place, make=True)) is None and time.monotonic() < deadline:
        time.sleep(POLL_S / 4)
    return life


def _ask(host: Host, request: Message, stop: StopSignal | None, since: float) -> CodeResult | None:
    """The result; None when the host ended before it took the code."""
    try:
        host.lines.send(**request)
        if host.lines.receive(ANSWER_S) is None:
            return None
    except OSError:
        return None
    answer = _answer(host.lines, stop)
    if answer is None:
        return _without_run("killed", DIED, since, host=host, state_lost=True)
    result: dict[str, Any] = answer["result"]
    return CodeResult(**{**result, "artifacts": tuple(result["artifacts"])})


def _answer(lines: Lines, stop: StopSignal | None) -> Message | None:
    """What the host says in the end, having been told once when the run is to stop; None when it died."""
    stopping = stop is None
    while True:
        if stop is not None and not stopping and stop.is_set():
            stopping = True
            with suppress(OSError):
                lines.send(op="stop")
        try:
            return lines.receive(None if stopping else TICK_S)
        except TimeoutError:
            continue


def _lay(lines: Lines, name: str, content: bytes) -> None:
    gone = SandboxSessionRefused("The host of the session ended while a file was laid into it.", hint="Try again.")
    try:
        lines.send(op="put", name=name)
        for start in range(0, max(1, len(content)), PIECE_BYTES):
            piece = base64.b64encode(content[start : start + PIECE_BYTES]).decode()
            lines.send(data=piece, more=start + PIECE_BYTES < len(content))
        answer = lines.receive()
    except OSError as error:
        raise gone from error
    if answer is None:
        raise gone
    if "path" not in answer:
        raise SandboxFileRefused(answer["message"], hint=answer["hint"])


def _live(place: Place, host: Host) -> list[LiveSession]:
    with host.lines as lines:
        lines.send(op="info")
        info = lines.receive(ANSWER_S)
    if info is None:
        return []
    facts = {name: info[name] for name in ("busy", "waiting", "idle_s")}
    return [LiveSession(id=place.id, pid=host.pid, backend=host.backend, isolation=host.isolation, **facts)]


def _without_run(
    status: RunStatus, sentence: str, since: float, *, host: Host | None = None, state_lost: bool = False
) -> CodeResult:
    return CodeResult(
        backend=host.backend if host else "none",
        isolation=host.isolation if host else "none",
        status=status,
        exit_code=None,
        stdout="",
        stderr=sentence,
        ms=(time.monotonic() - since) * 1000,
        state_lost=state_lost,
    )


def _gone(place: Place, sentence: str) -> SandboxSessionGone:
    return SandboxSessionGone(f"{sentence} {place.id!r}.", hint="`sandbox list` shows those that are there.")
