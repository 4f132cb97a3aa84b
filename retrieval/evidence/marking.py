"""Marks places on an image as a highlighter does: what is written there stays readable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageStat

Rect = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""
Colour = tuple[int, int, int]

QUOTED: Colour = (255, 226, 60)
PASSAGE: Colour = (255, 250, 222)
UNQUOTED_PASSAGE: Colour = (255, 241, 158)
"""For a passage in which the quoted words cannot be told apart."""

_DARK = 110
"""Below this median brightness (of 255) the ground is dark, and marks must brighten it to be seen."""
_ON_DARK = 0.45


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A page as an RGB image, and where on it the passage and its quoted words stand."""

    image: Image.Image
    passage: tuple[Rect, ...] = ()
    quoted: tuple[Rect, ...] = ()


def marked(page: Drawn) -> Image.Image:
    """The image with the quoted words in yellow and the rest of the passage lightly tinted."""
    image = _mark(page.image, page.passage, PASSAGE if page.quoted else UNQUOTED_PASSAGE)
    return _mark(image, page.quoted, QUOTED)


def lines(characters: Iterable[Rect]) -> list[Rect]:
    """One rectangle for each run of characters that stand side by side."""
    runs: list[Rect] = []
    last: Rect | None = None
    for rect in characters:
        if last and _adjoin(last, rect):
            runs[-1] = _around(runs[-1], rect)
        else:
            runs.append(rect)
        last = rect
    return runs


def _mark(image: Image.Image, rects: Sequence[Rect], colour: Colour) -> Image.Image:
    mask = Image.new("L", image.size)
    draw = ImageDraw.Draw(mask)
    for rect in rects:
        draw.rectangle(rect, fill=255)
    if mask.getbbox() is None:
        return image
    if ImageStat.Stat(image.convert("L"), mask).median[0] < _DARK:
        dimmed = Image.new("RGB", image.size, tuple(int(part * _ON_DARK) for part in colour))
        return Image.composite(ImageChops.screen(image, dimmed), image, mask)
    return Image.composite(ImageChops.multiply(image, Image.new("RGB", image.size, colour)), image, mask)


def _adjoin(one: Rect, other: Rect) -> bool:
    """Whether two characters share a line, and no more than a wide space lies between them."""
    height = max(one[3] - one[1], other[3] - other[1])
    overlap = min(one[3], other[3]) - max(one[1], other[1])
    gap = max(one[0], other[0]) - min(one[2], other[2])
    return overlap > height / 2 and gap < height


def _around(one: Rect, other: Rect) -> Rect:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
