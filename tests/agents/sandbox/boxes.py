"""Starts code behind a wall in the runner's place: whatever it is, it is what BOOT reads and runs."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from agents.sandbox.command import Interpreter, interpreters
from agents.sandbox.environment import reachable
from agents.sandbox.walls import Box, Wall

REPOSITORY = Path(__file__).parents[3]

# Puts a `sleep` that nobody waits for into a session of its own, and lets its parents end.
DAEMON = """
import os, subprocess, sys

def daemon(*command):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            os.execv(command[0], command)
        os._exit(0)
    os.wait()
"""


def interpreter() -> Interpreter:
    """A Python that code may run on whoever it runs as."""
    return next(each for each in interpreters() if reachable(Path(each.executable)))


def begin(wall: Wall, code: str, **config: Any) -> Box:
    """A box in which the code runs, with CONFIG before it."""
    box = wall.start()
    source = code.encode()
    head = json.dumps({"source": len(source), **config}).encode()
    assert box.process.stdin is not None
    box.process.stdin.write(b"%08d" % len(head) + head + source)
    box.process.stdin.flush()
    return box


def printed(wall: Wall, code: str, **config: Any) -> str:
    """What the code prints until it ends, its errors included."""
    box = begin(wall, code, **config)
    try:
        assert box.process.stdout is not None
        assert box.process.stderr is not None
        return (box.process.stdout.read() + box.process.stderr.read()).decode(errors="replace")
    finally:
        box.bury()


def line(box: Box) -> str:
    """The next line the code prints."""
    assert box.process.stdout is not None
    return box.process.stdout.readline().decode().strip()


def new_marker() -> str:
    """Seconds to sleep that no other process sleeps."""
    return f"4{secrets.randbelow(10**8):08d}"


def sleepers(marker: str) -> list[psutil.Process]:
    """The processes that sleep so long."""
    return [p for p in psutil.process_iter(["cmdline"]) if (p.info["cmdline"] or [])[1:] == [marker]]


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something that must come about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.02)
