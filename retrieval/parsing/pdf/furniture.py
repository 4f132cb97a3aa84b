"""Running heads, feet and page numbers: what stands at the edge of the pages and belongs to none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from retrieval.parsing.pdf.lines import Line, rows
from retrieval.parsing.pdf.page import Page, Word

_EDGE = 0.12
"""Share of the page's height at top and bottom where it may stand."""
_DEEPEST = 3
"""Lines from the edge that are looked at."""
_SET_OFF = 1.2
_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(
    r"(?:page|seite|p\.|第)?\s*[-–—|]?\s*(?:\d{1,4}(?:[-–./]\d{1,4})?|[ivxlc]{1,6})\s*[-–—|]?\s*"
    r"(?:(?:of|/|von)\s*\d+|页|頁)?",
    re.IGNORECASE,
)


def without_furniture(pages: Sequence[Page], body_size: float) -> list[list[Word]]:
    """The words of each page, without lines at its edge that repeat on other pages or carry the page number."""
    edges = [list(_edge_lines(page)) for page in pages]
    repeated = Counter(key for lines in edges for key in {_key(line, top, body_size) for line, top, _ in lines})
    kept = []
    for page, lines in zip(pages, edges, strict=True):
        gone = {
            word
            for line, top, is_set_off in lines
            if repeated[_key(line, top, body_size)] > 1 or _has_page_number(line, body_size, is_set_off)
            for word in line.words
        }
        kept.append([word for word in page.words if word not in gone])
    return kept


def _edge_lines(page: Page) -> Iterator[tuple[Line, bool, bool]]:
    """The outermost lines, whether they stand at the top, and whether they are the outermost one and set off.

    A line that is not close to the edge ends the search.
    """
    lines = rows(page.level_words)
    for line in lines[:_DEEPEST]:
        if line.area.bottom > _EDGE * page.height * 1.1:
            break
        yield line, True, line is lines[0] and _is_set_off(lines[:3])
    for line in lines[: -_DEEPEST - 1 : -1]:
        if line.area.top < (1 - _EDGE) * page.height:
            break
        yield line, False, line is lines[-1] and _is_set_off(lines[:-4:-1])


def _is_set_off(lines: Sequence[Line]) -> bool:
    """Whether the first of three lines is further from the second than that from the third; rows of a table are not."""
    if len(lines) < 3:
        return True
    first, second, third = (line.area.middle for line in lines)
    return abs(first - second) > _SET_OFF * abs(second - third)


def _key(line: Line, top: bool, body_size: float) -> tuple[bool, str]:
    """What makes two lines the same: their text, in small type without its numbers (large `Chapter 1` keeps it)."""
    text = line.text.casefold()
    return top, _DIGITS.sub("#", text) if _is_small(line, body_size) else text


def _is_small(line: Line, body_size: float) -> bool:
    return line.size <= 1.05 * body_size


def _has_page_number(line: Line, body_size: float, is_set_off: bool) -> bool:
    """Whether the line is a page number, or, set off and no larger than the body, has one apart from its text."""
    phrases = line.phrases
    if len(phrases) == 1:
        return bool(_NUMBER.fullmatch(line.text))
    return (
        is_set_off and _is_small(line, body_size) and any(_NUMBER.fullmatch(p.text) for p in (phrases[0], phrases[-1]))
    )
