"""A bounded memory: what was used last stays, what was longest unused goes."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Newest(OrderedDict[K, V]):
    """At most `most` values by their keys. Belongs to one event loop."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def keep(self, key: K, value: V) -> None:
        """Keep a value, and let the one go that was longest unused."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > self._most:
            self.popitem(last=False)

    def use(self, key: K) -> V:
        """A value that is there, which counts as used now."""
        self.move_to_end(key)
        return self[key]
