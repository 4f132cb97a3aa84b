"""Watches one run: reads what it prints, and ends it at the first limit it breaks."""

from __future__ import annotations

import os
import selectors
import time
from dataclasses import dataclass

from agents.ports import RunStatus, StopSignal
from agents.sandbox.command import MB, MEMORY_MOUNTS
from agents.sandbox.launch import BURIAL_S, Box
from agents.sandbox.memory import exceeds
from agents.sandbox.output import Capture

TICK_S = 0.05  # how late a broken limit may be noticed


@dataclass(frozen=True)
class Verdict:
    """Why a run was ended, in one sentence."""

    status: RunStatus
    cause: str


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a run may use. The time counts from when its code may begin."""

    timeout_s: float
    memory_bytes: int
    output_chars: int


def supervise(box: Box, limits: Limits, stop: StopSignal | None) -> tuple[Capture, Verdict | None]:
    """Follow a run until nothing of it is left: what it printed, and the verdict if it did not end by itself."""
    capture = Capture(limits.output_chars)
    verdict = None
    deadline = time.monotonic() + limits.timeout_s
    with selectors.DefaultSelector() as selector:
        for name, descriptor in box.streams.items():
            selector.register(descriptor, selectors.EVENT_READ, name)
        while selector.get_map() and verdict is None:
            _pump(selector, capture, TICK_S)
            verdict = _output_or_stop(capture, limits, stop) or _time_or_memory(box, limits, deadline)
        box.bury()
        _pump(selector, capture, BURIAL_S)
    return capture, verdict


def _pump(selector: selectors.BaseSelector, capture: Capture, seconds: float) -> None:
    until = time.monotonic() + seconds
    while selector.get_map() and (left := until - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            data = os.read(key.fd, 64 * 1024)
            capture.feed(key.data, data)
            if not data:
                selector.unregister(key.fd)


def _output_or_stop(capture: Capture, limits: Limits, stop: StopSignal | None) -> Verdict | None:
    if capture.overflowed:
        return Verdict("killed", f"The run was ended: it printed more than {limits.output_chars} characters.")
    if stop is not None and stop.is_set():
        return Verdict("killed", "The run was ended: the user stopped it.")
    return None


def _time_or_memory(box: Box, limits: Limits, deadline: float) -> Verdict | None:
    if not time.monotonic() < deadline:  # so that NaN is a deadline, too
        return Verdict("timeout", f"The run was ended: it took longer than {limits.timeout_s:g} s.")
    if exceeds(limits.memory_bytes, box.first, tuple(MEMORY_MOUNTS)):
        return Verdict("killed", f"The run was ended: it used more than {limits.memory_bytes // MB} MB of memory.")
    return None
