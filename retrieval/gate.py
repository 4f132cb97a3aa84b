"""Many may read at once; who replaces what they read waits for them, and lets nobody in meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """A lock shared by readers and taken alone by who changes; a reader must not enter twice."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._inside, self._closed = 0, False

    @contextmanager
    def open(self) -> Iterator[None]:
        """Be one of any number of readers."""
        with self._condition:
            self._condition.wait_for(lambda: not self._closed)
            self._inside += 1
        try:
            yield
        finally:
            with self._condition:
                self._inside -= 1
                self._condition.notify_all()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Be alone."""
        with self._condition:
            self._condition.wait_for(lambda: not self._closed)
            self._closed = True
        try:
            with self._condition:
                self._condition.wait_for(lambda: not self._inside)
            yield
        finally:
            with self._condition:
                self._closed = False
                self._condition.notify_all()
