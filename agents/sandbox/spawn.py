"""Starts the program that holds a wall: never as uid 0, and from a thread that lives as long as the application."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from agents.errors import SandboxUnavailable
from agents.sandbox.command import NOBODY
from agents.sandbox.remedies import remedy


# What asks to die with its parent dies with the thread that started it (PR_SET_PDEATHSIG): one that never ends.
def _spawner() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-spawn")


_SPAWNER = _spawner()


def _renew() -> None:
    """In a forked process the thread is not there."""
    global _SPAWNER
    _SPAWNER = _spawner()


os.register_at_fork(after_in_child=_renew)


def spawn(
    argv: Sequence[str], *, pass_fds: Sequence[int] = (), env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `argv` with pipes, in a session of its own; uid 0 becomes nobody first. Without `env`, with an empty one.

    Raises SandboxUnavailable when it cannot be executed.
    """
    drop: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if 0 in os.getresuid() else {}

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(env or {}),  # code inside may be able to read the environment of what holds it
            cwd="/",
            pass_fds=tuple(pass_fds),
            start_new_session=True,
            **drop,
        )

    try:
        return _SPAWNER.submit(start).result()
    except (OSError, RuntimeError) as error:
        name = Path(argv[0]).name.replace("bwrap", "bubblewrap")
        raise SandboxUnavailable(f"{name} cannot be started: {error}.", hint=remedy(str(error))) from error
