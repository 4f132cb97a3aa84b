"""How much memory a process and all its descendants hold, their memory file systems included."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

INODE_BYTES = 1024  # what the kernel spends on an empty file in tmpfs: inode and directory entry
SOCKET_BYTES = 1_200_000  # what may wait in a socket of usual size, a page of a file behind each short message


def exceeds(limit: int, pid: int, mounts: Sequence[str]) -> bool:
    """Whether the tree of processes below `pid` holds more than `limit` bytes.

    `mounts` are tmpfs directories as `pid` sees them. Pages that forked processes share count once: the cheap sum of
    resident sizes only raises the suspicion, the proportional sizes decide.
    """
    left = limit - _file_bytes(pid, mounts) - _socket_bytes(pid)
    pids = list(_tree(pid))
    return sum(map(_resident, pids)) > left and sum(map(_proportional, pids)) > left


def _tree(root: int) -> Iterator[int]:
    pending = [root]
    while pending:
        pid = pending.pop()
        yield pid
        for thread in _threads(pid):
            pending += map(int, _read(thread / "children").split())


def _threads(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []


def _resident(pid: int) -> int:
    fields = _read(Path(f"/proc/{pid}/statm")).split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") if fields else 0


def _proportional(pid: int) -> int:
    """The process may forbid reading its share (PR_SET_DUMPABLE); then all of its resident size counts."""
    share = re.search(r"^Pss:\s+(\d+) kB", _read(Path(f"/proc/{pid}/smaps_rollup")), re.MULTILINE)
    return int(share[1]) * 1024 if share else _resident(pid)


def _file_bytes(pid: int, mounts: Sequence[str]) -> int:
    """A process whose root is still the host's has no mounts of its own yet; the host's disks are not its memory."""
    root = f"/proc/{pid}/root"
    try:
        if Path(root).samefile("/"):
            return 0
        usages = [os.statvfs(f"{root}{mount}") for mount in mounts]
    except OSError:
        return 0
    return sum((u.f_blocks - u.f_bfree) * u.f_frsize + (u.f_files - u.f_ffree) * INODE_BYTES for u in usages)


def _socket_bytes(pid: int) -> int:
    """What may wait in sockets is in no process's memory. Those of the host's network are not counted."""
    try:
        if Path(f"/proc/{pid}/ns/net").samefile("/proc/self/ns/net"):
            return 0
    except OSError:
        return 0
    used = re.search(r"^sockets: used (\d+)", _read(Path(f"/proc/{pid}/net/sockstat")))
    return int(used[1]) * SOCKET_BYTES if used else 0


def _read(path: Path) -> str:
    """The text of a /proc file; empty when its process has ended or hides it."""
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""
