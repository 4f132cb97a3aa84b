"""Measures the pages of a document: a program that runs apart from the app, as `retrieval.evidence.drawing` does.

Reads `{"path": …}` from stdin and writes the width and height of every page, in points as they are seen, to stdout.
"""

from __future__ import annotations

import json
import resource
import sys
from contextlib import closing, suppress
from pathlib import Path

import pypdfium2
from PIL import Image

_MEMORY = 2 * 2**30
_CPU_S = 20
_POINTS_PER_INCH = 72.0
_ORIENTATION = 0x0112
_LYING = (5, 6, 7, 8)
"""Values of a photograph's orientation that turn it by a right angle."""

Size = tuple[float, float]


def sizes(path: Path) -> list[Size]:
    """The size of every page."""
    with path.open("rb") as file:
        is_pdf = b"%PDF-" in file.read(1024)
    return _pdf(path) if is_pdf else _picture(path)


def _pdf(path: Path) -> list[Size]:
    with pypdfium2.PdfDocument(path) as document:
        measured = []
        for index in range(len(document)):
            with closing(document[index]) as page:
                measured.append(page.get_size())
    return measured


def _picture(path: Path) -> list[Size]:
    measured: list[Size] = []
    with Image.open(path) as picture:
        for frame in range(getattr(picture, "n_frames", 1)):
            picture.seek(frame)
            across, down = picture.info.get("dpi", (0, 0))
            dpi = (across, down) if across > 1 and down > 1 else (_POINTS_PER_INCH, _POINTS_PER_INCH)
            width, height = picture.size
            if picture.getexif().get(_ORIENTATION) in _LYING:
                width, height = height, width
            measured.append((width * _POINTS_PER_INCH / float(dpi[0]), height * _POINTS_PER_INCH / float(dpi[1])))
    return measured


def main() -> int:
    """Answer the task on stdin; the exit code."""
    for kind, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _CPU_S)):
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))
    json.dump(sizes(Path(json.load(sys.stdin)["path"])), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
