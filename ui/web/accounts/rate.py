"""How often somebody may ask for something."""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from typing import Any


class Rate:
    """A bucket of tokens for every key: `burst` at once, and `per_s` more each second.

    Beyond `most` keys those that were quiet for longest are forgotten.
    """

    def __init__(
        self, *, burst: int, per_s: float, most: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst, self._per_s, self._most, self._clock = burst, per_s, most, clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, key: str) -> float:
        """0 takes a token; otherwise the seconds until there is one."""
        now = self._clock()
        left, since = self._buckets.pop(key, (float(self._burst), now))
        left = min(self._burst, left + (now - since) * self._per_s)
        taken = left >= 1
        self._buckets[key] = (left - taken, now)
        keep_latest(self._buckets, self._most)
        return 0.0 if taken else (1 - left) / self._per_s


def keep_latest(kept: MutableMapping[str, Any], most: int) -> None:
    """Forget what was put in first, down to `most`."""
    while len(kept) > most:
        del kept[next(iter(kept))]
