"""A value made when it is first needed, once, whichever thread asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Lazy(Generic[Value]):
    """Call it for the value; a failure to make it is raised, and tried again at the next call."""

    def __init__(self, make: Callable[[], Value]) -> None:
        self._make, self._lock = make, threading.Lock()
        self._made: list[Value] = []

    def __call__(self) -> Value:
        """The value."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]

    def if_made(self) -> Value | None:
        """The value, if anybody needed it."""
        return self._made[0] if self._made else None
