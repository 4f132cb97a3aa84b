"""A session: cells one after the other behind one wall, and the truth about what became of their state."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agents.errors import SandboxUnavailable
from agents.ports import CodeResult, Language, StopSignal
from agents.sandbox.following import Bounds, follow
from agents.sandbox.inputs import Inputs
from agents.sandbox.link import Event, Link, LinkBroken
from agents.sandbox.results import LOST, VARIABLES_LOST, Occasion, fault, told
from agents.sandbox.walls import Wall

STOPPED = "The run was ended: the user stopped it."
CLOSED = "The session is closed; begin a new one."
WATCH_S = 0.25


class WalledSession:
    """A Session; `start` gives it a link when it has none, `bounds` what a run with a time limit may use."""

    def __init__(
        self,
        wall: Wall,
        start: Callable[[], Link],
        bounds: Callable[[float | None], Bounds],
        *,
        idle_s: float,
        keep: Path | None,
    ) -> None:
        self._wall, self._start, self._bounds = wall, start, bounds
        self._idle_s, self._keep = idle_s, keep
        self._using = threading.Lock()
        self._link: Link | None = None
        self._inputs = Inputs()
        self._lost = False
        self._closed = False
        self._used: threading.Event | None = None

    def run(
        self,
        code: str,
        *,
        language: Language = "python",
        timeout_s: float | None = None,
        stop: StopSignal | None = None,
    ) -> CodeResult:
        """Run one cell, after those that are under way. A failure is a status, never an exception."""
        occasion = Occasion(wall=self._wall, since=time.monotonic(), keep=self._keep)
        if problem := fault(code, language):
            return occasion.result("error", problem)
        if not self._turn(stop):
            return occasion.result("killed", STOPPED)
        request = {"op": "run", "mode": "sh" if language == "sh" else "cell", "code": code}
        with self._at_work():
            if self._closed:
                return occasion.result("refused", CLOSED)
            try:
                return self._run(request, self._bounds(timeout_s), stop, occasion)
            except SandboxUnavailable as error:
                return occasion.result("refused", str(error))

    def put(self, name: str, content: bytes) -> str:
        """Lay a read-only copy of a file before the code, now and after a restart; returns its path for the code."""
        self._turn(None)
        with self._at_work():
            self._inputs.add(name, content)
            if self._link is not None:
                try:
                    self._link.put(name, content)
                except LinkBroken:
                    self._drop()
        return f"inputs/{name}"

    def close(self) -> None:
        """End everything inside, a run under way included. A run that comes later is refused."""
        self._closed = True
        if (link := self._link) is not None:
            link.box.kill()
        self._turn(None)
        with self._at_work():
            self._drop()

    def _run(self, request: Event, bounds: Bounds, stop: StopSignal | None, occasion: Occasion) -> CodeResult:
        link = self._ready()
        if self._closed:
            self._drop()
            return occasion.result("refused", CLOSED)
        with suppress(LinkBroken):  # what follows finds it gone, and says so
            link.send(**request)
        outcome = follow(link, bounds, stop)
        before, self._lost, link.lost = self._lost or link.lost, False, False
        if outcome.gone:
            link.close()
            self._link = None
        more = LOST if outcome.gone else VARIABLES_LOST if outcome.died else ""
        return told(outcome, occasion, bounds.limits, more=more, lost=outcome.gone or outcome.died or before)

    def _ready(self) -> Link:
        """The link, started where there is none. Raises SandboxUnavailable."""
        if self._link is not None and not self._link.alive:
            self._drop()
        if self._link is None:
            self._link = self._start()
            try:
                for name, content in self._inputs.items():
                    self._link.put(name, content)
            except LinkBroken as error:
                self._drop()
                raise SandboxUnavailable(
                    "The sandbox ended while files were laid into it.", hint="Try again."
                ) from error
        return self._link

    def _drop(self) -> None:
        """Let go of what is inside; whoever runs next is told that it is gone."""
        if self._link is not None:
            self._link.close()
            self._link, self._lost = None, True

    def _turn(self, stop: StopSignal | None) -> bool:
        """Wait until nothing else runs; whether that came before a stop."""
        while not self._using.acquire(timeout=0.05):
            if stop is not None and stop.is_set():
                return False
        return True

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """The session is not idle; to be entered after one's turn has come."""
        if self._used is not None:
            self._used.set()
            self._used = None
        try:
            yield
        finally:
            try:
                self._leave_watched()
            finally:
                self._using.release()

    def _leave_watched(self) -> None:
        """What is inside does not stay there with nobody to watch it."""
        if self._link is None:
            return
        self._used = threading.Event()
        try:
            threading.Thread(target=self._watch, args=(self._link, self._used), daemon=True).start()
        except RuntimeError:
            self._drop()

    def _watch(self, link: Link, used: threading.Event) -> None:
        """End what is idle for too long, or what a cell left behind and now takes too much."""
        deadline, memory = time.monotonic() + self._idle_s, self._bounds(None).limits.memory_bytes
        while not used.wait(min(WATCH_S, max(0.0, deadline - time.monotonic()))):
            if time.monotonic() >= deadline or link.box.exceeds(memory):
                break
        if self._using.acquire(blocking=False):
            try:
                if not used.is_set():
                    self._drop()
            finally:
                self._using.release()
