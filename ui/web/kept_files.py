"""Opens files below a folder that others may have written into."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO


def open_below(folder: Path, path: str) -> BinaryIO:
    """A regular file below `folder`, reached without following a link. Raises OSError for everything else."""
    *folders, name = _parts(folder, Path(path))
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    for part in folders:
        descriptor = _enter(descriptor, part, os.O_DIRECTORY)
    file = os.fdopen(_enter(descriptor, name, os.O_NONBLOCK), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(f"{path} is not a regular file.")
    return file


def _enter(folder: int, name: str, kind: int) -> int:
    """What `name` is in an opened folder, which is closed."""
    try:
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | kind, dir_fd=folder)
    finally:
        os.close(folder)


def _parts(folder: Path, path: Path) -> tuple[str, ...]:
    """The way from the folder to the path, which may name the folder by its real place."""
    base = next((base for base in (folder, folder.resolve()) if path.is_relative_to(base)), None)
    parts = path.relative_to(base).parts if base else ()
    if not parts or ".." in parts or "\0" in str(path):
        raise OSError(f"{path} is not below {folder}.")
    return parts
