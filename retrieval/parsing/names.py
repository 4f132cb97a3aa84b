"""File names as they are shown and kept."""

from __future__ import annotations

import os
import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def shown(name: str) -> str:
    """A file name fit to print and store: control characters and what is not UTF-8 become `\\ufffd`."""
    return _CONTROL.sub("\ufffd", os.fsencode(name).decode("utf-8", "replace"))
