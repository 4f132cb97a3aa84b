"""Keeps those who guess waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from ui.web.accounts.rate import keep_latest

_WITHIN_S, _FIRST_S, _LONGEST_S = 60, 30, 900


@dataclass(frozen=True, kw_only=True)
class _Tries:
    since: float
    count: int = 0
    until: float = 0.0
    waits: int = 0

    def one_more(self, now: float, free: int) -> _Tries:
        count = self.count + 1
        if count < free:
            return replace(self, count=count)
        wait = min(_FIRST_S * 2**self.waits, _LONGEST_S)
        return replace(self, count=count, until=now + wait, waits=self.waits + 1)

    def one_less(self) -> _Tries:
        return replace(self, count=self.count - 1, until=0.0, waits=max(0, self.waits - 1))

    def are_over(self, now: float) -> bool:
        return now > (self.until + _LONGEST_S if self.waits else self.since + _WITHIN_S)


class Attempts:
    """Tries that may be guesses: `free` within a minute, then one after each wait, which doubles up to 15 minutes.

    A try counts when it begins, so that a crowd of them at once gains nothing. After 15 quiet minutes all is forgotten,
    and beyond `most` keys those that were quiet for longest.
    """

    def __init__(self, *, free: int, most: int = 10_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._free, self._most, self._clock = free, most, clock
        self._tries: dict[str, _Tries] = {}

    def wait(self, key: str) -> float:
        """0 begins a try; otherwise the seconds until one is taken."""
        now = self._clock()
        tries = self._tries.get(key)
        if tries is not None and now < tries.until:
            return tries.until - now
        if tries is None or tries.are_over(now):
            tries = _Tries(since=now)
        self._tries.pop(key, None)
        self._tries[key] = tries.one_more(now, self._free)
        keep_latest(self._tries, self._most)
        return 0.0

    def forgive(self, key: str) -> None:
        """The latest try was right: it does not count."""
        if key in self._tries:
            self._tries[key] = self._tries[key].one_less()

    def forget(self, key: str) -> None:
        """Who stands behind the key is known: nothing counts any more."""
        self._tries.pop(key, None)
