"""Follows a value that other threads replace, without holding a thread while nothing happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

T = TypeVar("T")

INTERVAL_S = 0.1
"""At most ten updates a second reach a browser."""


async def follow(
    read: Callable[[], T], *, going: Callable[[T], bool], interval_s: float = INTERVAL_S
) -> AsyncIterator[T]:
    """Every value of `read()` seen at the interval, each once; ends after the first that is not `going`."""
    seen: T | None = None
    while True:
        value = read()
        if value != seen:
            yield value
        if not going(value):
            return
        seen = value
        await asyncio.sleep(interval_s)
