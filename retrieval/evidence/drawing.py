"""Draws one page: the program that runs apart from the app, so that no file can break, stop or exhaust it.

Reads a JSON object from stdin and writes the answer to stdout: with `page`, `boxes`, `quotes` and `width` a PNG, with
`pages` (pairs of a number and boxes) and `quotes` the number of the page that holds the quotes. A file it refuses
ends it with `REFUSED` and `{"message", "hint"}` on stderr.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from retrieval.errors import ParseError
from retrieval.evidence.marking import marked
from retrieval.evidence.pdf_pages import draw_pdf_page, quoted_letters
from retrieval.evidence.pictures import draw_picture

REFUSED = 3
_MOST_PIXELS = 8_000_000
_MEMORY = 2 * 2**30
_CPU_S = 30
_HEAD = 1024
"""The bytes within which a PDF must name itself."""
_FAST = 3


def _answer(task: dict[str, Any]) -> bytes:
    path = Path(task["path"])
    return _png(path, task) if "page" in task else b"%d" % _quoted_page(path, task)


def _png(path: Path, task: dict[str, Any]) -> bytes:
    page, boxes, size = task["page"], task["boxes"], {"width": task["width"], "most_pixels": _MOST_PIXELS}
    if _is_pdf(path):
        drawn = draw_pdf_page(path, page, boxes=boxes, quotes=task["quotes"], **size)
    else:
        drawn = draw_picture(path, page, boxes=boxes, **size)
    png = io.BytesIO()
    marked(drawn).save(png, "PNG", compress_level=_FAST)
    return png.getvalue()


def _quoted_page(path: Path, task: dict[str, Any]) -> int:
    pages, quotes = task["pages"], task["quotes"]
    if not _is_pdf(path):
        return int(pages[0][0])
    found: dict[int, int] = {page: quoted_letters(path, page, boxes=boxes, quotes=quotes) for page, boxes in pages}
    return max(found, key=lambda page: (found[page], -page))


def _is_pdf(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return b"%PDF-" in file.read(_HEAD)
    except OSError as error:
        raise ParseError(f"{path.name} cannot be read ({error.strerror}).", hint="Check that it exists.") from error


def _limit(kind: int, most: int) -> None:
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (most, most))


def main() -> int:
    """Answer the task on stdin; the exit code."""
    _limit(resource.RLIMIT_AS, _MEMORY)
    _limit(resource.RLIMIT_CPU, _CPU_S)
    try:
        sys.stdout.buffer.write(_answer(json.load(sys.stdin)))
    except ParseError as error:
        sys.stderr.write(f"\n{json.dumps({'message': error.message, 'hint': error.hint})}\n")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
