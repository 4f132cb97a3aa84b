"""The sandbox over any wall: programs that run alone, sessions, and started boxes kept warm for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from weakref import WeakSet

from agents.errors import SandboxUnavailable
from agents.ports import CodeResult, Isolation, Session, StopSignal
from agents.sandbox.command import MB
from agents.sandbox.following import Bounds, follow
from agents.sandbox.link import Limits, Link, LinkBroken
from agents.sandbox.pool import Pool
from agents.sandbox.results import Occasion, fault, told
from agents.sandbox.session import WalledSession
from agents.sandbox.walls import Wall
from configs.settings import SandboxSettings

GRACE_S = 2.0
"""How long an interrupted cell may take to end before everything around it is killed."""


class WalledSandbox:
    """A Sandbox that starts its boxes behind one wall."""

    def __init__(self, wall: Wall, settings: SandboxSettings) -> None:
        self._wall, self._settings = wall, settings
        self._limits = Limits(
            memory_bytes=settings.memory_mb * MB,
            artifacts=settings.artifacts,
            artifact_bytes=settings.artifacts_mb * MB,
        )
        self._pool = Pool(self._warm_link, settings.warm)
        self._sessions: WeakSet[WalledSession] = WeakSet()
        self._opening = threading.Lock()

    @property
    def name(self) -> str:
        """The backend."""
        return self._wall.name

    @property
    def isolation(self) -> Isolation:
        """How much stands between the code and this machine."""
        return self._wall.isolation

    def run(
        self, code: str, *, timeout_s: float | None = None, stop: StopSignal | None = None, keep: Path | None = None
    ) -> CodeResult:
        """Run a Python program alone and leave no process behind. A failure is a status, never an exception."""
        occasion = Occasion(wall=self._wall, since=time.monotonic(), keep=keep)
        if problem := fault(code):
            return occasion.result("error", problem)
        try:
            link = Link(self._wall, self._limits, kernel=False)
        except SandboxUnavailable as error:
            return occasion.result("refused", str(error))
        try:
            with suppress(LinkBroken):  # what follows finds it gone, and says so
                link.send(op="run", mode="script", code=code)
            outcome = follow(link, self._bounds(0.0)(timeout_s), stop)
        finally:
            link.close()
        return told(outcome, occasion, self._limits)

    def session(self, *, keep: Path | None = None) -> Session:
        """Begin a session whose artifacts are copied into `keep`; it starts when it is first needed."""
        session = WalledSession(
            self._wall, self._pool.take, self._bounds(GRACE_S), idle_s=self._settings.idle_s, keep=keep
        )
        with self._opening:
            self._sessions.add(session)
        return session

    def warm_up(self) -> None:
        """Start what is kept warm now rather than after the first session."""
        self._pool.refill()

    def close(self) -> None:
        """End every session and whatever is kept warm."""
        with self._opening:
            sessions = list(self._sessions)
        for session in sessions:
            session.close()
        self._pool.close()

    def _bounds(self, grace_s: float) -> Callable[[float | None], Bounds]:
        settings = self._settings

        def bounds(timeout_s: float | None) -> Bounds:
            return Bounds(
                timeout_s=settings.timeout_s if timeout_s is None else timeout_s,
                output_chars=settings.output_chars,
                grace_s=grace_s,
                limits=self._limits,
            )

        return bounds

    def _warm_link(self) -> Link:
        link = Link(self._wall, self._limits, kernel=True)
        try:
            link.wait_until_warm()
        except BaseException:
            link.close()
            raise
        return link
