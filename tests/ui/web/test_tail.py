from __future__ import annotations

import asyncio
import threading
import time

from ui.web.tail import follow


def collected(values: list[int], *, every_s: float, interval_s: float) -> tuple[list[int], float]:
    """What a follower sees while a thread counts through `values`."""
    current = [values[0]]

    def count() -> None:
        for value in values:
            current[0] = value
            time.sleep(every_s)

    async def watch() -> list[int]:
        return [v async for v in follow(lambda: current[0], going=lambda v: v != values[-1], interval_s=interval_s)]

    thread = threading.Thread(target=count)
    started = time.monotonic()
    thread.start()
    seen = asyncio.run(watch())
    thread.join()
    return seen, time.monotonic() - started


def test_fast_changes_are_thinned_out_and_the_last_is_always_seen() -> None:
    seen, seconds = collected(list(range(200)), every_s=0.001, interval_s=0.05)
    assert seen[-1] == 199
    assert seen == sorted(set(seen))
    assert len(seen) <= seconds / 0.05 + 2


def test_nothing_is_repeated_while_nothing_changes() -> None:
    seen, _ = collected([1, 1, 1, 1, 2], every_s=0.02, interval_s=0.005)
    assert seen == [1, 2]


def test_a_finished_value_is_seen_once() -> None:
    seen, _ = collected([5], every_s=0, interval_s=0.01)
    assert seen == [5]
