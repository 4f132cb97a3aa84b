"""Inside a new container, before the runner: the system call filter of every wall, and a look at the engine's limits.

Says as a line of JSON how the machine is built, whether the filter is on, and what limits the container has.
"""

# ruff: noqa: PTH123

from __future__ import annotations

import json
import os
import platform
import sys

from agents.sandbox.entrance.confine import filter_calls

LIMITS = {
    "memory": ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
    "pids": ("/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"),
}


def main(_link: int, filters: dict[str, str], boot: str, environment: dict[str, str]) -> None:
    """Close the container off, tell, and be the runner."""
    machine = platform.machine()
    found = {name: read(paths) for name, paths in LIMITS.items()}
    filtered = machine in filters
    if filtered:
        filter_calls(bytes.fromhex(filters[machine]))
    os.write(1, json.dumps({"machine": machine, "filtered": filtered, **found}).encode() + b"\n")
    os.execve(sys.executable, [sys.executable, "-I", "-S", "-c", boot], environment)


def read(paths: tuple[str, ...]) -> str:
    """What stands in the first of the files that is there; empty when none is."""
    for path in paths:
        try:
            with open(path) as file:
                return file.read().strip()
        except OSError:
            continue
    return ""
