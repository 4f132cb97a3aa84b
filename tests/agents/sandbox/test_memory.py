from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from agents.sandbox.memory import exceeds

MB = 1024 * 1024
Start = Callable[[str], int]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts Python code and returns its pid once it has printed something; it ends with the test."""
    with ExitStack() as stack:

        def started(code: str) -> int:
            waiting = f"{code}\nprint('ready', flush=True)\ninput()"
            process = stack.enter_context(
                subprocess.Popen([sys.executable, "-c", waiting], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            )
            assert process.stdout is not None
            process.stdout.readline()
            stack.callback(process.kill)
            return process.pid

        yield started


FAMILY = """
import os, sys
readable, writable = os.pipe()
for _ in range(3):
    if os.fork() == 0:
        held = os.urandom(40_000_000)
        os.write(writable, b"x")
        sys.stdin.read()
        os._exit(0)
filled = b""
while len(filled) < 3:
    filled += os.read(readable, 3)
"""


def test_what_a_process_and_its_children_hold_is_counted(start: Start) -> None:
    family = start(FAMILY)

    assert exceeds(110 * MB, family, ())
    assert not exceeds(200 * MB, family, ())


def test_the_disks_of_the_host_are_not_memory(start: Start) -> None:
    assert not exceeds(100 * MB, start("pass"), ("/", "/usr", "/tmp"))


def test_a_process_that_has_ended_holds_nothing(start: Start) -> None:
    with subprocess.Popen(["true"]) as ended:
        pass

    assert not exceeds(0, ended.pid, ("/tmp",))
