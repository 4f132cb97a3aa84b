"""The files that a conversation's code made, for a branch of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from agents.errors import ConversationError


def copy_files(folder: Path, into: Path) -> None:
    """The same files under another folder, without taking space where the file system can do that.

    Raises ConversationError when they cannot be copied; then nothing is there.
    """
    if not folder.is_dir():
        return
    try:
        shutil.copytree(folder, into, copy_function=_linked)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(into, ignore_errors=True)
        raise ConversationError(
            "The files of the conversation cannot be copied.", hint="Check the space left on the disk."
        ) from error


def _linked(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
