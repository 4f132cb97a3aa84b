"""What a table is, and finding tables by their aligned columns when no lines are drawn."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.parsing.pdf.captions import CAPTION
from retrieval.parsing.pdf.lines import Line
from retrieval.parsing.pdf.page import Area, around

_FEWEST_ROWS = 3
_LONGEST_CELL = 45
"""Characters of a cell; longer phrases side by side are prose."""
_ROW_GAP = 1.8
"""Most white between two rows of a table, in line heights."""
_MARKER = re.compile(r"[•●▪◦‣∙·–—*-]|\(?[0-9a-zA-Z]{1,3}[.)]")


@dataclass(frozen=True)
class Cell:
    """A cell and the rows and columns it takes, up to but without `row_end` and `column_end`."""

    text: str
    row: int
    row_end: int
    column: int
    column_end: int


@dataclass(frozen=True)
class Table:
    """A table on one page, or a list of contents; the first `header_rows` rows name the columns."""

    page: int
    area: Area
    cells: tuple[Cell, ...]
    header_rows: int = 1
    is_contents: bool = False

    @property
    def rows(self) -> int:
        """Number of rows."""
        return max(cell.row_end for cell in self.cells)

    @property
    def columns(self) -> int:
        """Number of columns."""
        return max(cell.column_end for cell in self.cells)


def aligned_table(page: int, rows: Sequence[Line]) -> tuple[Table | None, int]:
    """The table that begins with the first of `rows`, if there is one, and how many rows it takes."""
    run = list(_tabular_run(rows))
    columns = _columns(run)
    if len(run) < _FEWEST_ROWS or len(columns) < 2:
        return None, 0
    firsts = {row.phrases[0].text for row in run}
    if len(firsts) == 1 or all(_MARKER.fullmatch(first) for first in firsts):
        return None, len(run)
    cells = tuple(cell for number, row in enumerate(run) for cell in _cells(row, number, columns))
    return Table(page, around(row.area for row in run), cells), len(run)


def _tabular_run(rows: Sequence[Line]) -> Iterator[Line]:
    last: Line | None = None
    for row in rows:
        if not _is_tabular(row) or (last and row.area.top - last.area.bottom > _ROW_GAP * row.size):
            return
        yield row
        last = row


def _is_tabular(row: Line) -> bool:
    return (
        len(row.phrases) > 1
        and not row.mono
        and not CAPTION.match(row.text)
        and all(len(phrase.text) <= _LONGEST_CELL for phrase in row.phrases)
    )


def _columns(rows: Sequence[Line]) -> list[tuple[float, float]]:
    """The left and right edges of the columns, from the rows with the usual number of cells; none if they disagree."""
    if not rows:
        return []
    counts = Counter(len(row.phrases) for row in rows)
    usual = max(counts, key=lambda count: (counts[count], count))
    columns: list[tuple[float, float]] = []
    for phrase in sorted(
        (phrase.area for row in rows if len(row.phrases) == usual for phrase in row.phrases), key=lambda area: area.left
    ):
        if columns and phrase.left <= columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], phrase.right))
        else:
            columns.append((phrase.left, phrase.right))
    return columns if len(columns) >= usual else []


def _cells(row: Line, number: int, columns: Sequence[tuple[float, float]]) -> Iterator[Cell]:
    texts: dict[tuple[int, int], str] = {}
    for phrase in row.phrases:
        met = [i for i, (left, right) in enumerate(columns) if phrase.area.left < right and phrase.area.right > left]
        nearest = min(range(len(columns)), key=lambda i: abs(sum(columns[i]) / 2 - phrase.area.centre))
        span = (met[0], met[-1] + 1) if met else (nearest, nearest + 1)
        texts[span] = f"{texts[span]} {phrase.text}" if span in texts else phrase.text
    for (column, column_end), text in texts.items():
        yield Cell(text, number, number + 1, column, column_end)
