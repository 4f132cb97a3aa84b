"""Finds columns of prose, and with them the order in which a page is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, median

from retrieval.parsing.pdf.lines import Line
from retrieval.parsing.pdf.page import Area, around
from retrieval.parsing.pdf.tables import Table

_FEWEST_LINES = 3
_NARROWEST = 0.15
"""Least width of a column, as a share of the region it divides."""
_FILLED = 0.6
"""Lines of prose fill at least this share of their column on average; cells of a table do not."""
_FEWEST_CHARS = 12
_ROUGH = 0.25
"""How unevenly a column's lines may end, in line heights."""
_HEAD_LINES = 2
_GUTTER = 0.7
"""Least width of the white between columns, in line heights."""


Item = Line | Table


@dataclass(frozen=True)
class _Split:
    above: list[Item]
    left: list[Item]
    right: list[Item]
    below: list[Item]

    @property
    def weight(self) -> tuple[int, float]:
        """Lines on the shorter side, then the width of the gutter: more of each makes the better split."""
        gutter = min(item.area.left for item in self.right) - max(item.area.right for item in self.left)
        return min(len(_lines(self.left)), len(_lines(self.right))), gutter


def in_reading_order(items: Sequence[Item], *, right_to_left: bool = False) -> list[list[Item]]:
    """Phrases and tables by column, in reading order: what spans a gutter divides what is above from what is below."""
    split = _best_split(items)
    if split is None:
        return [list(items)] if items else []
    sides = [split.right, split.left] if right_to_left else [split.left, split.right]
    parts = (split.above, *sides, split.below)
    return [column for part in parts for column in in_reading_order(part, right_to_left=right_to_left)]


def _lines(items: Sequence[Item]) -> list[Line]:
    return [item for item in items if isinstance(item, Line)]


def _best_split(items: Sequence[Item]) -> _Split | None:
    splits = (split for x in _gutters(_lines(items)) for split in _splits_at(x, items))
    return max(splits, key=lambda split: split.weight, default=None)


def _gutters(lines: Sequence[Line]) -> list[float]:
    """Places where white may begin: right of the phrases that end at about the same place."""
    if not lines:
        return []
    step = median(line.size for line in lines)
    ends: dict[int, float] = {}
    for line in lines:
        end = line.area.right
        ends[round(end / step)] = max(ends.get(round(end / step), 0), end)
    return [end + _ROUGH * step for end in ends.values()]


def _splits_at(x: float, items: Sequence[Item]) -> Iterator[_Split]:
    """Stretches of the page in which nothing crosses `x` and both sides are columns of prose."""
    barriers = sorted(item.area.middle for item in items if item.area.left < x < item.area.right)
    region = around(item.area for item in items)
    for top, barrier in pairwise([float("-inf"), *barriers, float("inf")]):
        between = [item for item in items if top < item.area.middle < barrier]
        bottom = min(barrier, _head_of_barrier(between) if barrier < float("inf") else barrier)
        left = [item for item in between if item.area.right <= x and item.area.middle < bottom]
        right = [item for item in between if item.area.left >= x and item.area.middle < bottom]
        if _are_columns(_lines(left), _lines(right), region):
            above = [item for item in items if item.area.middle <= top]
            yield _Split(above, left, right, [item for item in items if item.area.middle >= bottom])


def _head_of_barrier(items: Sequence[Item]) -> float:
    """Where the one or two last items begin that stand apart below all others: they head what follows."""
    ordered = sorted(items, key=lambda item: item.area.top)
    head = float("inf")
    for _ in range(min(_HEAD_LINES, len(ordered) - 1)):
        last = ordered.pop()
        if last.area.top - max(other.area.bottom for other in ordered) <= last.area.height:
            break
        head = last.area.middle
    return head


def _are_columns(left: Sequence[Line], right: Sequence[Line], region: Area) -> bool:
    if min(len(left), len(right)) < _FEWEST_LINES:
        return False
    one, other = around(line.area for line in left), around(line.area for line in right)
    beside = min(one.bottom, other.bottom) - max(one.top, other.top)
    height = median(line.size for line in (*left, *right))
    return (
        other.left - one.right >= _GUTTER * height
        and beside >= 0.5 * min(one.height, other.height)
        and _is_prose(left, one, region)
        and _is_prose(right, other, region)
    )


def _is_prose(lines: Sequence[Line], column: Area, region: Area) -> bool:
    step = median(line.size for line in lines)
    heights = {round(line.area.middle / step) for line in lines}
    return (
        column.width >= _NARROWEST * region.width
        and sum(line.area.width for line in lines) >= _FILLED * column.width * len(heights)
        and mean(len(line.text) for line in lines) >= _FEWEST_CHARS
    )
