"""Deletions that can be taken back: carried out only after a while, or when the server closes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from configs.errors import AppError

log = logging.getLogger(__name__)

WAIT_S = 10.0
_LONGEST_S = 5.0

Key = tuple[str, ...]
"""What is to go, named however its kind likes: `("document", kb, document_id)`."""
Action = Callable[[], None]


@dataclass(frozen=True)
class _Waiting:
    owner: str
    action: Action
    due: float


class Undoing:
    """Actions that wait, by key; each is carried out once, in a thread of its own.

    What is to go counts as `gone` from `schedule` on, for everybody. `version` is another after every change.
    """

    def __init__(self, *, wait_s: float = WAIT_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._wait_s, self._clock = wait_s, clock
        self._changing = threading.Condition()
        self._waiting: dict[Key, _Waiting] = {}
        self._running: dict[Key, threading.Thread] = {}
        self._watched = False
        self.version = 0

    def schedule(self, owner: str, key: Key, action: Action) -> None:
        """Carry out `action` when the time to take it back is over; nothing happens to a key that goes already."""
        with self._changing:
            if key not in self._waiting and key not in self._running:
                self._waiting[key] = _Waiting(owner, action, self._clock() + self._wait_s)
                self._changed()
            if not self._watched:
                self._watched = True
                threading.Thread(target=self._watch, name="undoing", daemon=True).start()

    def undo(self, owner: str, key: Key) -> bool:
        """Whether it was still time; only who scheduled an action can take it back."""
        with self._changing:
            if key not in self._waiting or self._waiting[key].owner != owner:
                return False
            del self._waiting[key]
            self._changed()
            return True

    def pending(self, owner: str) -> tuple[Key, ...]:
        """What the owner can still take back, the oldest first."""
        with self._changing:
            return tuple(key for key, waiting in self._waiting.items() if waiting.owner == owner)

    def gone(self) -> frozenset[Key]:
        """Everything that waits or is being carried out, whoever wanted it."""
        with self._changing:
            return frozenset(self._waiting) | frozenset(self._running)

    def carry_out(self, concerns: Callable[[Key], bool]) -> None:
        """Carry out now what concerns a key, and wait for it: something else is about to happen there."""
        with self._changing:
            begun = [self._start(key) for key in list(self._waiting) if concerns(key)]
            begun += [thread for key, thread in self._running.items() if concerns(key)]
        for thread in begun:
            thread.join(_LONGEST_S)

    def run_due(self) -> None:
        """Begin to carry out what has waited long enough."""
        self._begin(self._clock())

    def flush(self) -> None:
        """Carry out everything now, and return when it is done, or takes longer than anybody waits."""
        self._begin(float("inf"))
        with self._changing:
            running = list(self._running.values())
        for thread in running:
            thread.join(_LONGEST_S)

    def _begin(self, until: float) -> None:
        with self._changing:
            for key in [key for key, waiting in self._waiting.items() if waiting.due <= until]:
                self._start(key)

    def _start(self, key: Key) -> threading.Thread:
        """Begin to carry out what waits; the lock is held."""
        action = self._waiting.pop(key).action
        thread = threading.Thread(target=self._carry_out, args=(key, action), name="deleting", daemon=True)
        self._running[key] = thread
        thread.start()
        self._changed()
        return thread

    def _carry_out(self, key: Key, action: Action) -> None:
        try:
            action()
        except AppError as error:
            log.warning("%s was not deleted: %s", " ".join(key), error)
        except Exception:
            log.exception("%s was not deleted.", " ".join(key))
        finally:
            with self._changing:
                del self._running[key]
                self._changed()

    def _watch(self) -> None:
        """Until nothing waits any more."""
        while True:
            self.run_due()
            with self._changing:
                if not self._waiting:
                    self._watched = False
                    return
                self._changing.wait(max(0.01, min(each.due for each in self._waiting.values()) - self._clock()))

    def _changed(self) -> None:
        self.version += 1
        self._changing.notify_all()
