"""Follows one run: keeps what it prints and makes, and ends it at the first limit it breaks."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field

from agents.ports import RunStatus, StopSignal
from agents.sandbox.command import MB
from agents.sandbox.link import Event, Limits, Link, LinkBroken
from agents.sandbox.output import Capture

TICK_S = 0.05  # how late a broken limit may be noticed


@dataclass(frozen=True)
class Verdict:
    """Why a run was ended, in one sentence; `grace_s` is the time it gets to end by itself."""

    status: RunStatus
    cause: str
    grace_s: float


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What one run may use. `grace_s` is how long an interrupted cell may take to end before everything is killed."""

    timeout_s: float
    output_chars: int
    grace_s: float
    limits: Limits


@dataclass
class Part:
    """A file or picture the run made; `media_type` is empty for a file."""

    media_type: str = ""
    content: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run ended: by itself (`exit_code`), by a verdict, or with its box (`gone`) or kernel (`died`)."""

    capture: Capture
    parts: dict[str, Part]
    left_out: int
    verdict: Verdict | None
    exit_code: int | None
    died: bool = False
    gone: bool = False


def follow(link: Link, bounds: Bounds, stop: StopSignal | None) -> Outcome:
    """Follow the run that was just sent, until it is over or nothing is left of it."""
    return _Following(link, bounds, stop).outcome()


class _Following:
    def __init__(self, link: Link, bounds: Bounds, stop: StopSignal | None) -> None:
        self._link, self._bounds, self._stop = link, bounds, stop
        self._capture = Capture(bounds.output_chars)
        self._parts: dict[str, Part] = {}
        self._left_out = 0
        self._room = bounds.limits.artifact_bytes
        self._dropped = ""
        self._verdict: Verdict | None = None
        self._done: Event | None = None
        self._deadline = time.monotonic() + bounds.timeout_s
        self._next_look = 0.0

    def outcome(self) -> Outcome:
        try:
            while self._done is None and self._within_limits():
                for event in self._link.events(TICK_S):
                    self._take(event)
            gone = self._done is None
        except (LinkBroken, LookupError, TypeError, ValueError, ArithmeticError, RecursionError):  # no event of ours
            gone = True
        if gone:
            self._link.box.bury()
        return Outcome(
            capture=self._capture,
            parts=self._parts,
            left_out=self._left_out,
            verdict=self._verdict or self._overflow(),
            exit_code=self._done["exit_code"] if self._done else None,
            died=bool(self._done and self._done["died"]),
            gone=gone,
        )

    def _take(self, event: Event) -> None:
        kind = event["event"]
        if kind == "out" and event["stream"] in ("stdout", "stderr"):
            self._capture.feed(event["stream"], str(event["text"]).encode("utf-8", "surrogateescape"))
        elif kind == "part":
            self._add_part(event)
        elif kind == "left_out":
            self._left_out += int(event["count"])
        elif kind == "done":
            self._done = {"exit_code": int(event["exit_code"]), "died": event["died"]}

    def _add_part(self, event: Event) -> None:
        name, piece = str(event["name"]), base64.b64decode(event["data"])
        crowded = name not in self._parts and len(self._parts) >= self._bounds.limits.artifacts
        if crowded or len(piece) > self._room or name == self._dropped:
            self._drop(name, whole=not event["more"])
            return
        part = self._parts.setdefault(name, Part(str(event["media_type"])))
        self._room -= len(piece)
        part.content += piece

    def _drop(self, name: str, *, whole: bool) -> None:
        """Keep nothing of a part, whose other pieces may still come."""
        part = self._parts.pop(name, None)
        self._room += len(part.content) if part else 0
        self._left_out += whole
        self._dropped = "" if whole else name

    def _within_limits(self) -> bool:
        """Whether to go on; a run that broke a limit is interrupted first, where that leaves something alive."""
        now = time.monotonic()
        if self._verdict is not None:
            return now < self._deadline
        self._verdict = self._broken(now)
        if self._verdict is None:
            return True
        self._deadline = now + self._verdict.grace_s
        if self._verdict.grace_s:
            self._link.send(op="interrupt")
        return bool(self._verdict.grace_s)

    def _broken(self, now: float) -> Verdict | None:
        bounds = self._bounds
        if overflow := self._overflow():
            return overflow
        if self._stop is not None and self._stop.is_set():
            return Verdict("killed", "The run was ended: the user stopped it.", bounds.grace_s / 4)
        if not now < self._deadline:  # so that NaN is a deadline, too
            return Verdict("timeout", f"The run was ended: it took longer than {bounds.timeout_s:g} s.", bounds.grace_s)
        if now < self._next_look:
            return None
        self._next_look = now + TICK_S
        memory = bounds.limits.memory_bytes
        if self._link.box.exceeds(memory):
            return Verdict("killed", f"The run was ended: it used more than {memory // MB} MB of memory.", 0.0)
        return None

    def _overflow(self) -> Verdict | None:
        """Output that comes with the end of a run may be too much, too."""
        if not self._capture.overflowed:
            return None
        most = self._bounds.output_chars
        return Verdict("killed", f"The run was ended: it printed more than {most} characters.", self._bounds.grace_s)
