"""The files that a conversation's code made, for a branch of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def copy_files(folder: Path, into: Path) -> None:
    """The same files under another folder, without taking space where the file system can do that."""
    if folder.is_dir():
        shutil.copytree(folder, into, copy_function=_linked)


def _linked(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
