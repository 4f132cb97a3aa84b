"""The page of a citation as an image, its words highlighted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from configs.settings import child_environment
from retrieval.errors import ParseError
from retrieval.evidence.drawing import REFUSED
from retrieval.types import Box, Boxes

PAGE_WIDTH = 1400
"""Pixels across; small print of an A4 page can be read at this width."""
_TIME_LIMIT_S = 20.0
_ROOT = Path(__file__).resolve().parents[2]


def is_pictured(media_type: str) -> bool:
    """Whether documents of this type have pages that can be shown as images."""
    return media_type == "application/pdf" or media_type.startswith("image/")


def page_image(
    path: Path, page: int, *, boxes: Sequence[Box] = (), quotes: Sequence[str] = (), width: int = PAGE_WIDTH
) -> bytes:
    """The page (counted from 1) of a PDF or picture as PNG, at most `width` pixels wide.

    `boxes` are the passage's on this page, in points; they are tinted, and the words of `quotes` in them marked
    yellow. Takes a process of its own and about half a second. Raises ParseError for a file that is damaged,
    encrypted, too large, too slow to draw or has no such page.
    """
    return _drawn(path, {"page": page, "boxes": list(boxes), "quotes": list(quotes), "width": width})


def quoted_page(path: Path, boxes: Boxes, quotes: Sequence[str]) -> int:
    """The page, among those the passage touches, that holds most of the quoted words; the first when none does.

    Raises as `page_image` does.
    """
    if len(boxes) == 1 or not quotes:
        return min(boxes)
    return int(_drawn(path, {"pages": [(page, list(boxes[page])) for page in sorted(boxes)], "quotes": list(quotes)}))


def _drawn(path: Path, task: dict[str, Any]) -> bytes:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "retrieval.evidence.drawing"],
            input=json.dumps({"path": str(path), **task}).encode(),
            capture_output=True,
            timeout=_TIME_LIMIT_S,
            cwd=_ROOT,
            env=child_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        message = f"{path.name} takes longer than {_TIME_LIMIT_S:.0f} s to draw."
        raise ParseError(message, hint="Open the original in a viewer.") from error
    if done.returncode == REFUSED:
        raise ParseError(**json.loads(done.stderr.splitlines()[-1]))
    if done.returncode:
        raise ParseError(f"{path.name} cannot be drawn.", hint="Open the original in a viewer.")
    return done.stdout
