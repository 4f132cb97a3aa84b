"""Turns what happens in one run into numbered events: kept first, handed on second, and none after the last."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from queue import SimpleQueue

from agents.errors import RunStopped
from agents.events import Event, Failed, RunCompleted


class Recorder:
    """Used by one run at a time; `keep` makes an event durable and may fail. Iterating yields what was kept."""

    def __init__(self, conversation_id: str, *, first: int, keep: Callable[[Event], None]) -> None:
        self._conversation_id = conversation_id
        self._next = first
        self._keep = keep
        self._lock = threading.Lock()
        self._queue: SimpleQueue[Event | Exception] = SimpleQueue()
        self._over = False

    @property
    def over(self) -> bool:
        """Whether the last event has been recorded."""
        with self._lock:
            return self._over

    def emit(self, event: Event) -> None:
        """Record an event. Raises RunStopped when the run is already over, and what `keep` raises."""
        with self._lock:
            if self._over:
                raise RunStopped("The run is over.")
            self._record(event)

    def finish(self, event: RunCompleted | Failed) -> None:
        """Record the last event, unless there is one; if it cannot be kept, the reader gets the error."""
        with self._lock:
            if self._over:
                return
            self._over = True
            try:
                self._record(event)
            except Exception as error:  # noqa: BLE001 the reader would wait for ever
                self._queue.put(error)

    def __iter__(self) -> Iterator[Event]:
        while True:
            item = self._queue.get()
            if isinstance(item, Exception):
                raise item
            yield item
            if isinstance(item, RunCompleted | Failed):
                return

    def _record(self, event: Event) -> None:
        kept = replace(event, conversation_id=self._conversation_id, seq=self._next, at=time.time())
        self._keep(kept)
        self._next += 1
        self._queue.put(kept)
