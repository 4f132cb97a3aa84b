"""Session hosts and what is in them, as tests look for them from outside."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from agents.sandbox.client import close_session
from agents.sandbox.place import Place
from configs.errors import AppError


def hosts_of(home: Path) -> list[psutil.Process]:
    """The processes that hold the state of a session of this data directory."""
    return [p for p in psutil.process_iter() if any(path.startswith(f"{home}/sandbox/") for path in _held(p.pid))]


def _held(pid: int) -> list[str]:
    held = []
    with suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                held += [str(link.readlink())]
    return held


def marker() -> str:
    """A number of seconds no other process sleeps."""
    return f"4{secrets.randbelow(10**8):08d}"


def marked(number: str) -> list[psutil.Process]:
    """The processes that sleep that long."""
    wanted = [["sleep", number], ["/bin/sleep", number]]
    return [process for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"] in wanted]


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait for what will be observable."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.02)


def close_all(home: Path) -> None:
    """End every session of a data directory, whatever state it is in."""
    for place in Place.all_within(home):
        with suppress(AppError):
            close_session(place)
