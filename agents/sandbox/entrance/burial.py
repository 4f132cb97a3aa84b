"""On the way out: ends every descendant of this process, whatever it did to hide, and removes what they wrote."""

# ruff: noqa: PTH101, PTH104, PTH106, PTH108, PTH123, PTH208

from __future__ import annotations

import contextlib
import os
import signal
import time

PAUSE_S = 0.002


def descendants() -> list[int]:
    """Every process that comes of this one."""
    found = _children(os.getpid())
    for pid in found:
        found += _children(pid)
    return found


def end_descendants() -> None:
    """Kill until there is no child left: orphans fall to us, so that there is no descendant then, either.

    They are stopped first, because one that is stopped starts no other, and still takes a place that is counted.
    """
    stopped: set[int] = set()
    while new := set(descendants()) - stopped:
        _send(new, signal.SIGSTOP)
        stopped |= new
    while _has_children():
        _send(set(descendants()), signal.SIGKILL)
        time.sleep(PAUSE_S)


def remove(folder: str) -> None:
    """Delete a folder of any depth: the folders in a folder are moved to the top, so that no path grows too long."""
    number, pending = 0, [folder]
    top = folder + "/" + os.urandom(8).hex()
    for place in pending:
        with contextlib.suppress(OSError):
            os.chmod(place, 0o700)
        for entry in _entries(place):
            with contextlib.suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    os.chmod(entry.path, 0o700)
                    number += 1
                    os.rename(entry.path, f"{top}-{number}")
                    pending.append(f"{top}-{number}")
                else:
                    os.unlink(entry.path)
    for place in reversed(pending):
        with contextlib.suppress(OSError):
            os.rmdir(place)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/children", "rb") as file:
                found += map(int, file.read().split())
    return found


def _send(pids: set[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _has_children() -> bool:
    """Whether there is a child, once those that have ended are reaped."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _entries(place: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(place) as entries:
            return list(entries)
    except OSError:
        return []
