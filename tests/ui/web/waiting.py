"""Waiting for what other threads do."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest


def until(true: Callable[[], bool], *, within_s: float = 5.0) -> None:
    """Return as soon as `true()` is; fail when it takes too long."""
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            pytest.fail(f"Still not so after {within_s} s.")
        time.sleep(0.005)
