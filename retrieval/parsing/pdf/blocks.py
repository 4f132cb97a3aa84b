"""Lines to blocks: paragraphs, headings, list items, captions and code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Literal

from retrieval.parsing.pdf.captions import CAPTION, TABLE_CAPTION
from retrieval.parsing.pdf.lines import Line, join, left_first
from retrieval.parsing.pdf.page import Area, around
from retrieval.parsing.pdf.paragraphs import BULLET, EMPHASISED, ENDS_SENTENCE, LARGER, NUMBER, marker, paragraphs
from retrieval.parsing.pdf.style import Style, alike

Kind = Literal["text", "heading", "list_item", "caption", "code"]

_SECTION = re.compile(
    r"(?:(\d{1,2}(?:\.\d{1,3})*)\.?\s+\S|(?:chapter|appendix|part)\s+[\dIVXA-Z]+\b|第[一二三四五六七八九十百\d]+[章节節条條])",
    re.I,
)
_CLOSED = (".", ",", ";", ":", "。", "，", "；", "：", "、", "...")
_LONGEST_HEADING = 140
_SMALLEST_HEADING = 0.85
"""Height of the letters of a bold heading, as a share of the body's; labels in figures are smaller."""
_ADDRESS = re.compile(r"https?:|www\.|@\w|\w\.[a-z]{2,4}/")


@dataclass(frozen=True)
class Block:
    """Lines that belong together."""

    kind: Kind
    page: int
    lines: tuple[Line, ...]

    @cached_property
    def area(self) -> Area:
        """The rectangle around the lines."""
        return around(line.area for line in self.lines)

    @cached_property
    def text(self) -> str:
        """The lines as one text; code keeps its line ends and indents."""
        if self.kind != "code":
            return join(line.text for line in self.lines)
        return "\n".join(_indent(line, self.area.left) + line.text for line in self.lines)

    @cached_property
    def marker(self) -> str:
        """The bullet or number of a list item."""
        match = marker(self.text) if self.kind == "list_item" else None
        return match[0].strip() if match else ""

    @property
    def is_numbered(self) -> bool:
        """Whether a list item has a number or letter."""
        return bool(NUMBER.match(self.text))

    @property
    def body(self) -> str:
        """The text without the marker."""
        return self.text[len(self.marker) :].lstrip() if self.marker else self.text

    @property
    def is_table_caption(self) -> bool:
        """Whether it names a table."""
        return self.kind == "caption" and bool(TABLE_CAPTION.match(self.text))

    def continues_in(self, other: Block) -> bool:
        """Whether `other`, at the head of the next column or page, goes on with this paragraph."""
        elsewhere = other.page != self.page or other.area.top < self.area.top
        first = other.text[:1]
        return (
            elsewhere
            and self.kind in ("text", "list_item")
            and other.kind == "text"
            and alike(self.size, other.size)
            and not self.text.endswith(ENDS_SENTENCE)
            and first.isalpha()
            and not first.isupper()
        )

    @property
    def size(self) -> float:
        """Typical height of its letters."""
        return median(line.size for line in self.lines)

    @property
    def section(self) -> str | None:
        """The number a heading begins with, such as `2.1`."""
        match = _SECTION.match(self.text)
        return match[1] if match else None


def blocks(rows: Sequence[Line], page: int, style: Style) -> list[Block]:
    """The blocks of one column, top to bottom."""
    return [Block(_kind(group, style), page, tuple(group)) for group in paragraphs(left_first(rows), style)]


def _kind(group: Sequence[Line], style: Style) -> Kind:
    text = join(line.text for line in group)
    if all(line.mono for line in group):
        return "code"
    if CAPTION.match(text):
        return "caption"
    if _is_heading(group, text, style):
        return "heading"
    return "list_item" if marker(group[0].text) else "text"


def _is_heading(group: Sequence[Line], text: str, style: Style) -> bool:
    if len(group) > 3 or len(text) > _LONGEST_HEADING or text.endswith(_CLOSED) or not _mostly_letters(text):
        return False
    size = median(line.size for line in group)
    emphasised = all(line.emphasis > EMPHASISED for line in group)
    if BULLET.match(text) or _ADDRESS.search(text):
        return False
    return (
        size > LARGER * style.size
        or (emphasised and not style.mostly_emphasis and size > _SMALLEST_HEADING * style.size)
        or all(style.is_display(line) for line in group)
    )


def _mostly_letters(text: str) -> bool:
    letters = sum(character.isalpha() for character in text)
    return (letters > 2 and letters > 0.5 * len(text.replace(" ", ""))) or (letters > 1 and not text.isascii())


def _indent(line: Line, left: float) -> str:
    word = line.words[0]
    return " " * round((line.area.left - left) / (word.width / len(word.text)))
