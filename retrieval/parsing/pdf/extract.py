"""Reads the words and ruling lines of a PDF with docling-parse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
from docling_parse.pdf_parser import ContentConfig, ContentLevel, DoclingPdfParser

from retrieval.errors import ParseError
from retrieval.parsing.pdf.page import Area, Page, UnreadablePage, Word

_WANTED = ContentConfig(
    char_cells_content_level=ContentLevel.COMPUTE,
    word_cells_content_level=ContentLevel.COMPUTE_AND_MATERIALIZE,
    line_cells_content_level=ContentLevel.SKIP,
    shapes_content_level=ContentLevel.COMPUTE_AND_MATERIALIZE,
    bitmaps_content_level=ContentLevel.COMPUTE_AND_MATERIALIZE,
    include_bitmap_bytes=False,
)
_EMPHASIS = re.compile(r"bold|black|heavy|semib|demi|cmbx|sfbx|-bd\b|ital|oblique|cmti|sfti", re.IGNORECASE)
_MONO = re.compile(r"mono|courier|consol|typewriter|menlo|cmtt|sftt|code", re.IGNORECASE)
_UNREADABLE = re.compile(r"GLYPH<[^>]*>|[\x00-\x1f\x7f\ud800-\udfff\ufffd-\uffff]")
_NARROWEST_LETTER = 0.12
"""Letters narrower than this share of their height are the name of a glyph, drawn as one sign: a bullet."""
_SCAN_SHARE = 0.5
"""A picture that covers more of a page than this, with no word on it, is a scan."""
_THIN = 2.0
"""A shape at most this thick (points) is a line."""
_SHORTEST_RULE = 4.0
_MOST_RULES = 1_500
"""Drawings have more; their strokes are not the rules of a table."""


def read_pages(path: Path) -> Iterator[Page | UnreadablePage]:
    """Every page in order, of a file that `check_pdf` lets pass."""
    document = DoclingPdfParser(loglevel="fatal").load(path)
    for number in range(1, document.number_of_pages() + 1):
        try:
            page = document.get_page(number, content_config=_WANTED)
        except (RuntimeError, ValueError) as error:
            yield UnreadablePage(number, str(error))
        else:
            yield _page(number, page)
        document.unload_pages((number, number + 1))


def check_pdf(path: Path) -> None:
    """Raise ParseError for a file that is encrypted or not a PDF; docling-parse cannot tell the two apart."""
    try:
        pypdfium2.PdfDocument(path).close()
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ParseError(f"{path.name} is encrypted.", hint="Save a copy without a password.") from error
        raise ParseError(
            f"{path.name} is damaged, or is not a PDF.", hint="Open it in a PDF viewer and save it again."
        ) from error


def _page(number: int, page: Any) -> Page:
    height = page.dimension.height
    cells = (_word(cell, height) for cell in page.word_cells)
    words = tuple(dict.fromkeys(word for word in cells if word.text and word.width > 0 and word.height > 0))
    rules = tuple(rule for shape in page.shapes for rule in _rules(shape, height))
    return Page(
        number=number,
        width=page.dimension.width,
        height=height,
        words=words,
        rules=rules if len(rules) <= _MOST_RULES else (),
        is_scan=not words and any(_covers(bitmap, page) for bitmap in page.bitmap_resources),
    )


def _covers(bitmap: Any, page: Any) -> bool:
    return bool(bitmap.rect.to_bounding_box().area() > _SCAN_SHARE * page.dimension.width * page.dimension.height)


def _word(cell: Any, page_height: float) -> Word:
    box = cell.rect.to_bounding_box().to_top_left_origin(page_height)
    text = _UNREADABLE.sub("", cell.text).strip()
    return Word(
        left=box.l,
        top=box.t,
        right=box.r,
        bottom=box.b,
        text=text if box.width > _NARROWEST_LETTER * box.height * len(text) else "•",
        emphasis=bool(_EMPHASIS.search(cell.font_name)),
        mono=bool(_MONO.search(cell.font_name)),
        rtl=cell.text_direction.value == "right_to_left",
    )


def _rules(shape: Any, page_height: float) -> Iterator[Area]:
    """The straight lines of a shape: a stroke, a thin filled box, or the edges of a box."""
    points = [(point.x, page_height - point.y) for point in shape.points]
    if not points:
        return
    xs, ys = [x for x, _ in points], [y for _, y in points]
    whole = Area(min(xs), min(ys), max(xs), max(ys))
    if min(whole.width, whole.height) <= _THIN:
        edges = [whole]
    elif len(points) in (4, 5) and all(x in (xs[0], xs[2]) and y in (ys[0], ys[2]) for x, y in points):
        edges = [
            Area(whole.left, whole.top, whole.right, whole.top),
            Area(whole.left, whole.bottom, whole.right, whole.bottom),
            Area(whole.left, whole.top, whole.left, whole.bottom),
            Area(whole.right, whole.top, whole.right, whole.bottom),
        ]
    else:
        edges = []
    yield from (edge for edge in edges if max(edge.width, edge.height) >= _SHORTEST_RULE)
