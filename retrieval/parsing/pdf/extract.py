"""Reads the words and ruling lines of a PDF with docling-parse."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from contextlib import closing
from pathlib import Path
from typing import Any

import pypdfium2
from docling_parse.pdf_parser import ContentConfig, ContentLevel, DoclingPdfParser

from retrieval.errors import ParseError
from retrieval.parsing.pdf.fonts import family, fonts_of_one_width, is_emphasised
from retrieval.parsing.pdf.page import Page, UnreadablePage, Word
from retrieval.parsing.pdf.shapes import bullets, rules

_WANTED = ContentConfig(
    char_cells_content_level=ContentLevel.COMPUTE,
    word_cells_content_level=ContentLevel.COMPUTE_AND_MATERIALIZE,
    line_cells_content_level=ContentLevel.SKIP,
    shapes_content_level=ContentLevel.COMPUTE_AND_MATERIALIZE,
    bitmaps_content_level=ContentLevel.COMPUTE_AND_MATERIALIZE,
    include_bitmap_bytes=False,
)
_UNREADABLE = re.compile(r"GLYPH<[^>]*>|[\x00-\x1f\x7f\ud800-\udfff\ufffd-\uffff]")
_NARROWEST_LETTER = 0.12
"""Letters narrower than this share of their height are the name of a glyph, drawn as one sign: a bullet."""
_SCAN_SHARE = 0.5
"""A picture that covers more of a page than this, with no word on it, is a scan."""


def read_pages(path: Path, password: str | None = None) -> Iterator[Page | UnreadablePage]:
    """Every page in order, of a file that `page_count` lets pass."""
    document = DoclingPdfParser(loglevel="fatal").load(path, password=password)
    for number in range(1, document.number_of_pages() + 1):
        try:
            page = document.get_page(number, content_config=_WANTED)
        except (RuntimeError, ValueError) as error:
            yield UnreadablePage(number, str(error))
        else:
            yield _page(number, page)
        document.unload_pages((number, number + 1))


def page_count(path: Path, password: str | None = None) -> int:
    """How many pages there are. Raises ParseError for a file that is encrypted or not a PDF.

    docling-parse cannot tell the two apart.
    """
    try:
        with closing(pypdfium2.PdfDocument(path, password=password)) as document:
            return len(document)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise _locked(path, password) from None
        raise ParseError(
            f"{path.name} is damaged, or is not a PDF.", hint="Open it in a PDF viewer and save it again."
        ) from error


def _locked(path: Path, password: str | None) -> ParseError:
    if password:
        return ParseError(f"The password given does not open {path.name}.", hint="Give the right one by --password.")
    return ParseError(f"{path.name} is encrypted.", hint="Give its password by --password.")


def _page(number: int, page: Any) -> Page:
    height = page.dimension.height
    mono = fonts_of_one_width((cell.font_name, cell.text, cell.rect.r_x1 - cell.rect.r_x0) for cell in page.word_cells)
    cells = (_word(cell, height, mono) for cell in page.word_cells)
    words = tuple(dict.fromkeys(word for word in cells if word.text and word.width > 0 and word.height > 0))
    outlines = [[(point.x, height - point.y) for point in shape.points] for shape in page.shapes if shape.points]
    return Page(
        number=number,
        width=page.dimension.width,
        height=height,
        words=(*words, *bullets(outlines, words)),
        rules=rules(outlines),
        is_scan=not words and any(_covers(bitmap, page) for bitmap in page.bitmap_resources),
    )


def _covers(bitmap: Any, page: Any) -> bool:
    return bool(bitmap.rect.to_bounding_box().area() > _SCAN_SHARE * page.dimension.width * page.dimension.height)


def _word(cell: Any, page_height: float, mono: Set[str]) -> Word:
    box = cell.rect.to_bounding_box().to_top_left_origin(page_height)
    text = _UNREADABLE.sub("", cell.text).strip()
    turn = _turn(cell.rect)
    width, height = (box.height, box.width) if turn else (box.width, box.height)
    return Word(
        left=box.l,
        top=box.t,
        right=box.r,
        bottom=box.b,
        text=text if width > _NARROWEST_LETTER * height * len(text) else "•",
        emphasis=is_emphasised(cell.font_name),
        mono=cell.font_name in mono,
        rtl=cell.text_direction.value == "right_to_left",
        family=family(cell.font_name),
        turn=turn,
    )


def _turn(rect: Any) -> int:
    across, up = rect.r_x1 - rect.r_x0, rect.r_y1 - rect.r_y0
    return 0 if abs(across) >= abs(up) else 1 if up > 0 else -1
