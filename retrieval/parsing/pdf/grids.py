"""Reads tables that are drawn with lines: cells are what the lines enclose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from retrieval.parsing.pdf.lines import join, rows
from retrieval.parsing.pdf.page import Area, Word, around
from retrieval.parsing.pdf.tables import Cell, Table
from retrieval.parsing.pdf.turned import turned_lines

_FILLED = 0.5
"""A drawing has more empty fields than a table."""
_IN_USE = 0.8
"""A drawing has more rows without a word than a table."""
_LONGEST_CELL = 600
"""Characters in one cell; frames around whole sections hold more."""
_TOUCH = 3.0
"""Lines that come this close (points) belong to one grid, and edges that close are one edge."""


def ruled_tables(page: int, words: Sequence[Word], rules: Sequence[Area]) -> list[tuple[Table, list[Word]]]:
    """Tables of at least two rows and two columns drawn with lines, each with the words in it."""
    found = []
    for lines in _connected(rules):
        area = around(lines)
        inside = [word for word in words if area.holds(word)]
        table = _table(page, inside, area, lines) if inside else None
        if table:
            found.append((table, inside))
    return found


def _connected(rules: Sequence[Area]) -> list[list[Area]]:
    groups: list[list[Area]] = []
    for rule in rules:
        touching = [group for group in groups if any(_touch(rule, other) for other in group)]
        groups = [group for group in groups if not any(group is other for other in touching)]
        groups.append([rule, *(other for group in touching for other in group)])
    return groups


def _touch(one: Area, other: Area) -> bool:
    return (
        one.left - _TOUCH <= other.right
        and other.left - _TOUCH <= one.right
        and one.top - _TOUCH <= other.bottom
        and other.top - _TOUCH <= one.bottom
    )


@dataclass(frozen=True)
class _Grid:
    """Edges of rows and columns, and the lines drawn along them."""

    xs: Sequence[float]
    ys: Sequence[float]
    upright: Sequence[Area]
    level: Sequence[Area]

    def parted_at_column(self, column: int, row: int) -> bool:
        """Whether a line stands left of `column` in `row`."""
        x, y = self.xs[column], (self.ys[row] + self.ys[row + 1]) / 2
        return any(
            abs(line.centre - x) <= _TOUCH and line.top - _TOUCH <= y <= line.bottom + _TOUCH for line in self.upright
        )

    def parted_at_row(self, row: int, column: int) -> bool:
        """Whether a line lies above `row` in `column`."""
        x, y = (self.xs[column] + self.xs[column + 1]) / 2, self.ys[row]
        return any(
            abs(line.middle - y) <= _TOUCH and line.left - _TOUCH <= x <= line.right + _TOUCH for line in self.level
        )


def _table(page: int, words: Sequence[Word], area: Area, lines: Sequence[Area]) -> Table | None:
    level = [line for line in lines if line.width > line.height]
    upright = [line for line in lines if line.width <= line.height]
    xs = _edges([area.left, area.right, *(line.centre for line in upright)])
    ys = _edges([area.top, area.bottom, *(line.middle for line in level)])
    if len(xs) < 3:
        return None
    ys, level = _with_unruled_rows(words, xs, ys, level)
    if len(ys) < 3:
        return None
    cells = _cells(words, _Grid(xs, ys, upright, level))
    filled = tuple(cell for cell in cells if cell.text)
    if len(filled) < _FILLED * len(cells) or not _is_table(filled, len(ys) - 1):
        return None
    return Table(page, area, filled, header_rows=max(cell.row_end for cell in filled if cell.row == filled[0].row))


def _is_table(filled: Sequence[Cell], rows: int) -> bool:
    rows_in_use = len({cell.row for cell in filled})
    return (
        len({cell.column for cell in filled}) > 1
        and rows_in_use > 1
        and rows_in_use >= _IN_USE * rows
        and max(len(cell.text) for cell in filled) <= _LONGEST_CELL
    )


def _edges(positions: Iterable[float]) -> list[float]:
    edges: list[float] = []
    for position in sorted(positions):
        if not edges or position - edges[-1] > _TOUCH:
            edges.append(position)
    return edges


def _with_unruled_rows(
    words: Sequence[Word], xs: Sequence[float], ys: Sequence[float], level: Sequence[Area]
) -> tuple[list[float], list[Area]]:
    """Edges also between rows of text that no line parts: where every filled column has several, most of them all."""
    edges, lines = list(ys), list(level)
    for top, bottom in pairwise(ys):
        band = [word for word in words if top <= word.middle <= bottom and not word.turn]
        texts = rows(band)
        columns = [rows(w for w in band if left <= w.centre <= right) for left, right in pairwise(xs)]
        filled = [len(column) for column in columns if column]
        if len(texts) > 1 and min(filled) > 1 and 2 * sum(n == len(texts) for n in filled) >= len(filled):
            between = [(one.area.bottom + other.area.top) / 2 for one, other in pairwise(texts)]
            edges += between
            lines += [Area(xs[0], y, xs[-1], y) for y in between]
    return sorted(edges), lines


def _cells(words: Sequence[Word], grid: _Grid) -> list[Cell]:
    places = [(row, column) for row in range(len(grid.ys) - 1) for column in range(len(grid.xs) - 1)]
    owner = {place: place for place in places}
    for row, column in places:
        if column and not grid.parted_at_column(column, row):
            owner[row, column] = owner[row, column - 1]
        elif row and not grid.parted_at_row(row, column):
            owner[row, column] = owner[row - 1, column]
    cells = []
    for first in dict.fromkeys(owner.values()):
        taken = [place for place in places if owner[place] == first]
        row_end, column_end = max(row for row, _ in taken) + 1, max(column for _, column in taken) + 1
        area = Area(grid.xs[first[1]], grid.ys[first[0]], grid.xs[column_end], grid.ys[row_end])
        inside = [word for word in words if area.holds(word)]
        lines = [*rows(word for word in inside if not word.turn), *turned_lines(word for word in inside if word.turn)]
        cells.append(Cell(join(line.text for line in lines), first[0], row_end, first[1], column_end))
    return cells
