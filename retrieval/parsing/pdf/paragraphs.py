"""Which lines of a column make one paragraph, heading or list item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from retrieval.parsing.pdf.lines import Line, is_cjk
from retrieval.parsing.pdf.page import around
from retrieval.parsing.pdf.style import Style, alike

LARGER = 1.15
"""A heading's letters are at least this much taller than the body's."""
EMPHASISED = 0.95
"""Share of letters in bold or italics from which a line counts as set in them."""
BULLET = re.compile(r"[•●▪◦‣∙·○■□]\s*|[^\w\s\"'“”‘’«»()\[\]{}<>$€£#@&/\\|=+.,:;?!%…、。，「」『』（）【】《》]\s+")
"""A bullet, or any single sign apart that is no letter, digit, bracket or mark of a sentence."""
NUMBER = re.compile(
    r"(?:[(（]?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5}|[一二三四五六七八九十]{1,3})[)）]|[一二三四五六七八九十]{1,3}、|\d{1,2}、)\s*(?=\S)|"
    r"(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})\.\s+(?=\S)"
)
"""The number or letter of a list item."""
ENDS_SENTENCE = (".", "?", "!", ":", "。", "？", "！", "：", "”", '"', ")", "）")

_CONTENTS_ENTRY = re.compile(r"\.\.\.\s*[\divxlc]*$")
_EXTRA_LEADING = 0.25
"""White beyond the usual, in line heights, that ends a paragraph."""
_BLANK_LINES = 2.2
"""Code has lines left blank within it."""
_ROOM = 0.1
"""A line ends early when the next word would have fit and this share of the column were still left."""
_ALIGNED = 0.08
"""Lines are justified when half of them end within this share of their width of the right edge."""


def paragraphs(rows: Sequence[Line], style: Style) -> Iterator[list[Line]]:
    """The lines of a column in groups."""
    if not rows:
        return
    right = max(row.area.right for row in rows)
    for run in _runs(rows, style):
        yield from [run] if run[0].mono or run[0].size > LARGER * style.size else _split(run, right)


def marker(text: str) -> re.Match[str] | None:
    """The bullet, number or letter a list item begins with."""
    return BULLET.match(text) or NUMBER.match(text)


def _runs(rows: Sequence[Line], style: Style) -> Iterator[list[Line]]:
    """Lines at the usual distance and in the same type."""
    run = [rows[0]]
    for row in rows[1:]:
        if _parted(run, row, style):
            yield run
            run = []
        run.append(row)
    yield run


def _parted(run: Sequence[Line], row: Line, style: Style) -> bool:
    last = run[-1]
    pitch = row.area.bottom - last.area.bottom
    scale = row.size / style.size if not row.mono else _BLANK_LINES
    emphasis_changes = (row.emphasis > EMPHASISED) != (last.emphasis > EMPHASISED)
    return (
        not 0 <= pitch <= scale * style.pitch + _EXTRA_LEADING * row.size
        or not alike(last.size, row.size)
        or (emphasis_changes and (len(run) == 1 or row.emphasis > EMPHASISED))
        or row.mono != last.mono
        or style.is_display(row) != style.is_display(last)
        or bool(marker(row.text))
        or bool(_CONTENTS_ENTRY.search(last.text))
    )


def _split(run: Sequence[Line], column_right: float) -> Iterator[list[Line]]:
    """Cut where a line ends although more would have fit on it, is indented, or leaves a list item."""
    right = _right_edge(run, column_right)
    width = right - min(row.area.left for row in run)
    group = [run[0]]
    for row in run[1:]:
        ends = _ends_early(group[-1], row, right - _ROOM * width) and not _hangs(row, group)
        if ends or _is_indented(row, group) or _leaves_item(row, group):
            yield group
            group = []
        group.append(row)
    yield group


def _right_edge(run: Sequence[Line], column_right: float) -> float:
    """The run's own right edge if its lines keep to it, else the column's."""
    area = around(row.area for row in run)
    kept = sum(row.area.right > area.right - _ALIGNED * area.width for row in run)
    return area.right if len(run) > 2 and 2 * kept >= len(run) else column_right


def _ends_early(last: Line, row: Line, right: float) -> bool:
    if row.words[0].rtl or last.words[0].rtl:
        return False
    first = row.words[0]
    needed = 2 * row.size if is_cjk(first.text[0]) else first.width + 0.25 * row.size
    return last.area.right + needed < right


def _is_indented(row: Line, group: Sequence[Line]) -> bool:
    return (
        len(group) > 1
        and not marker(group[0].text)
        and group[-1].text.endswith(ENDS_SENTENCE)
        and row.area.left > min(line.area.left for line in group) + 0.7 * row.size
    )


def _hangs(row: Line, group: Sequence[Line]) -> bool:
    """Whether `row` goes on with an unfinished list item, under the text behind its marker."""
    found = marker(group[0].text)
    if not found or group[-1].text.endswith(ENDS_SENTENCE):
        return False
    behind = group[0].words[min(len(found[0].split()), len(group[0].words) - 1)]
    return abs(row.area.left - behind.left) < 0.3 * row.size


def _leaves_item(row: Line, group: Sequence[Line]) -> bool:
    """Whether `row` stands left of the list item before it."""
    return bool(marker(group[0].text)) and row.area.left < group[0].area.left - 0.3 * row.size
