"""Waits for what a tool does, no longer than its time and no longer than the run goes on."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from agents.errors import RunStopped, ToolTimeout
from agents.ports import StopSignal

T = TypeVar("T")
POLL_S = 0.05


def in_thread(work: Callable[[], T], *, name: str) -> Future[T]:
    """Start `work` in a thread of its own, which may outlive whoever waits for it but not the application."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()  # from now on it cannot be cancelled, only left alone
    context = contextvars.copy_context()

    def do() -> None:
        try:
            future.set_result(context.run(work))
        except BaseException as error:  # noqa: BLE001 whatever it is belongs to who waits
            future.set_exception(error)

    threading.Thread(target=do, name=name, daemon=True).start()
    return future


def await_within(timeout_s: float, future: Future[T], *, name: str, stop: StopSignal) -> T:
    """The result of `future`. Raises ToolTimeout, or at once RunStopped; the work is then cancelled or left alone.

    `name` says in the sentence what was not done.
    """
    until = time.monotonic() + timeout_s
    while not wait([future], timeout=max(0.0, min(POLL_S, until - time.monotonic()))).done:
        if stop.is_set():
            future.cancel()
            raise RunStopped("The run was stopped.")
        if time.monotonic() >= until:
            future.cancel()
            raise ToolTimeout(f"{name} was not done within {timeout_s:g} s.", hint="Ask it for less, or do without it.")
    return future.result()
