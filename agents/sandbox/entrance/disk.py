"""How much disk code has taken where no quota holds it back: its folder, and deleted files it holds open."""

# ruff: noqa: PTH116, PTH208

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

TOO_MUCH = 1 << 62
ENTRY_BYTES = 1024  # an inode, and its entry in a folder
MOST_ENTRIES = 100_000
DEEPEST = 100


def usage(folder: str, pids: Iterable[int]) -> int:
    """The bytes on disk; TOO_MUCH for a folder that is too deep, too full or not readable, 0 for one that is gone."""
    try:
        device = os.stat(folder).st_dev
        return _Count().below(os.open(folder, os.O_RDONLY | os.O_DIRECTORY), DEEPEST) + _deleted(pids, device)
    except (OverflowError, PermissionError):
        return TOO_MUCH
    except OSError:
        return 0


class _Count:
    def __init__(self) -> None:
        self.entries = 0

    def below(self, folder: int, depth: int) -> int:
        """What lies below an open folder, which is closed. No link is followed."""
        total = 0
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self.entries += 1
                    if not depth or self.entries > MOST_ENTRIES:
                        raise OverflowError
                    total += ENTRY_BYTES + self._one(folder, entry, depth)
        finally:
            os.close(folder)
        return total

    def _one(self, folder: int, entry: os.DirEntry[str], depth: int) -> int:
        try:
            if entry.is_dir(follow_symlinks=False):
                inner = os.open(entry.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
                return self.below(inner, depth - 1)
            return entry.stat(follow_symlinks=False).st_blocks * 512
        except PermissionError:
            raise
        except OSError:  # it is gone, or something else by now
            return 0


def _deleted(pids: Iterable[int], device: int) -> int:
    found: dict[int, int] = {}
    for pid in pids:
        for link in _descriptors(pid):
            try:
                file = os.stat(link)
            except OSError:
                continue
            if stat.S_ISREG(file.st_mode) and not file.st_nlink and file.st_dev == device:
                found[file.st_ino] = file.st_blocks * 512
    return sum(found.values())


def _descriptors(pid: int) -> list[str]:
    try:
        return [f"/proc/{pid}/fd/{name}" for name in os.listdir(f"/proc/{pid}/fd")]
    except OSError:
        return []
