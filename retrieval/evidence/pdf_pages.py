"""Draws a page of a PDF and finds the quoted words on it.

Boxes and PDFium agree on the frame: the page as it is seen, cropped and rotated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

from retrieval.errors import ParseError
from retrieval.evidence.marking import Drawn, Rect, lines
from retrieval.evidence.matching import find, letters
from retrieval.types import Box

_SLACK = 1.5
"""Points by which the centre of a letter may lie outside the box it belongs to."""
_FINE = 100.0
"""PDFium gives places in whole pixels; on this many to the point nothing is lost."""


def draw_pdf_page(
    path: Path, page: int, *, boxes: Sequence[Box], quotes: Sequence[str], width: int, most_pixels: int
) -> Drawn:
    """The page `width` pixels wide, narrower where it would have more than `most_pixels`."""
    with _page(path, page) as opened:
        across, down = opened.get_size()
        scale = min(width / across, (most_pixels / (across * down)) ** 0.5)
        image = opened.render(scale=scale, rev_byteorder=True, prefer_bgrx=True).to_pil().convert("RGB")
        quoted = [line for words in _quoted(opened, boxes, quotes) for line in lines(words)]
    return Drawn(image=image, passage=_scaled(boxes, scale), quoted=_scaled(quoted, scale))


def quoted_letters(path: Path, page: int, *, boxes: Sequence[Box], quotes: Sequence[str]) -> int:
    """How many letters of the quotes stand in the boxes on a page."""
    with _page(path, page) as opened:
        return sum(len(words) for words in _quoted(opened, boxes, quotes))


@contextmanager
def _page(path: Path, number: int) -> Iterator[pypdfium2.PdfPage]:
    try:
        with pypdfium2.PdfDocument(path) as document:
            if not 1 <= number <= len(document):
                raise ParseError(f"{path.name} has no page {number}.", hint=f"It has {len(document)} pages.")
            with closing(document[number - 1]) as page:
                yield page
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ParseError(f"{path.name} is encrypted.", hint="Save a copy without a password.") from error
        raise ParseError(f"Page {number} of {path.name} cannot be drawn.", hint="Open it in a PDF viewer.") from error


def _quoted(page: pypdfium2.PdfPage, boxes: Sequence[Box], quotes: Sequence[str]) -> list[list[Box]]:
    """For each place of quoted words the boxes of its letters; anywhere on the page when no boxes are given."""
    characters = [(character, box) for character, box in _characters(page) if not boxes or _within(box, boxes)]
    written, origins = letters(character for character, _ in characters)
    spans = [span for quote in quotes for span in find(letters(quote)[0], written)]
    return [[characters[origin][1] for origin in origins[start:end]] for start, end in spans]


def _characters(page: pypdfium2.PdfPage) -> Iterator[tuple[str, Box]]:
    across, down = page.get_size()
    place = pypdfium2.PdfPosConv(page, (0, 0, round(across * _FINE), round(down * _FINE), 0))
    with closing(page.get_textpage()) as text:
        for index in range(text.count_chars()):
            character = chr(pdfium.FPDFText_GetUnicode(text, index))
            if not character.isspace():
                left, bottom, right, top = text.get_charbox(index, loose=True)
                (x1, y1), (x2, y2) = place.to_bitmap(left, top), place.to_bitmap(right, bottom)
                x1, x2, y1, y2 = (value / _FINE for value in (*sorted((x1, x2)), *sorted((y1, y2))))
                yield character, (x1, y1, x2, y2)


def _within(box: Box, boxes: Sequence[Box]) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(
        left - _SLACK <= x <= right + _SLACK and top - _SLACK <= y <= bottom + _SLACK
        for left, top, right, bottom in boxes
    )


def _scaled(boxes: Sequence[Box], scale: float) -> tuple[Rect, ...]:
    return tuple((left * scale, top * scale, right * scale, bottom * scale) for left, top, right, bottom in boxes)
