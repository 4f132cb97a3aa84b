"""Lists of contents: entries that lead to the number of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from retrieval.parsing.pdf.lines import Line, join
from retrieval.parsing.pdf.page import around
from retrieval.parsing.pdf.style import alike
from retrieval.parsing.pdf.tables import Cell, Table

_ENTRY = re.compile(r"(?P<text>\S.*?)(?:\s*(?P<leader>\.\.\.)\s*|\s+)(?P<page>\d{1,4}|[ivxlc]{1,7})")
_FEWEST = 3
_ROW_GAP = 3.0
"""Most white between two entries, in line heights."""
_LONGEST = 2
"""Lines of one entry."""


def contents_table(page: int, rows: Sequence[Line]) -> tuple[Table | None, int]:
    """The list of contents that begins with the first of `rows`, as entries and their pages, and the rows it takes."""
    if not any("..." in row.text for row in rows[:_LONGEST]):
        return None, 0
    entries = list(_entries(rows))
    while entries and not entries[-1][1]["leader"]:
        entries.pop()
    if len(entries) < _FEWEST or 2 * sum(bool(match["leader"]) for _, match in entries) < len(entries):
        return None, 0
    taken = sum(lines for lines, _ in entries)
    cells = [
        Cell(match[name], row, row + 1, column, column + 1)
        for row, (_, match) in enumerate(entries)
        for column, name in enumerate(("text", "page"))
    ]
    area = around(row.area for row in rows[:taken])
    return Table(page, area, tuple(cells), header_rows=0, is_contents=True), taken


def _entries(rows: Sequence[Line]) -> Iterator[tuple[int, re.Match[str]]]:
    """How many lines each entry takes, and its parts."""
    open_lines: list[Line] = []
    last: Line | None = None
    for row in rows:
        if last and not (alike(last.size, row.size) and 0 <= row.area.top - last.area.bottom <= _ROW_GAP * row.size):
            return
        open_lines.append(row)
        last = row
        match = _ENTRY.fullmatch(join(line.text for line in open_lines))
        if match:
            yield len(open_lines), match
            open_lines = []
        elif len(open_lines) == _LONGEST:
            return
