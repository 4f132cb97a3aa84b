"""One measure of several strategies as bars with their intervals, drawn as SVG; pure."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.evaluation.statistics import Interval

_WIDTH, _LEFT, _TOP, _HEIGHT, _BELOW = 240, 34, 18, 120, 20
_STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """`letter` stands below the bar and names the strategy in the table."""

    letter: str
    name: str
    interval: Interval


def bars(identity: str, title: str, description: str, given: Sequence[Bar]) -> str:
    """The plot of values between 0 and 1; `identity` is unique on the page, and the words are read out for the blind.

    Colours are the CSS variables `--bar-1`, `--bar-2` and so on.
    """
    step = (_WIDTH - _LEFT) / max(len(given), 1)
    drawn = "".join(_bar(number, _LEFT + step * (number + 0.5), step, bar) for number, bar in enumerate(given))
    grid = "".join(_line(value) for value in _STEPS)
    return (
        f'<svg class="bars" viewBox="0 0 {_WIDTH} {_TOP + _HEIGHT + _BELOW}" role="img"'
        f' aria-labelledby="{identity}-title {identity}-desc"><title id="{identity}-title">{html.escape(title)}</title>'
        f'<desc id="{identity}-desc">{html.escape(description)}</desc>{grid}{drawn}</svg>'
    )


def _y(value: float) -> float:
    return _TOP + _HEIGHT * (1 - value)


def _line(value: float) -> str:
    y = _y(value)
    return (
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick" x="{_LEFT - 5}" y="{y + 3.5:.1f}" text-anchor="end">{value:g}</text>'
    )


def _bar(number: int, x: float, step: float, bar: Bar) -> str:
    wide, interval = min(step * 0.55, 36), bar.interval
    top, low, high = _y(interval.mean), _y(interval.low), _y(interval.high)
    whisker = wide / 5
    return (
        f'<rect class="bar bar-{number + 1}" x="{x - wide / 2:.1f}" y="{top:.1f}" width="{wide:.1f}"'
        f' height="{_y(0) - top:.1f}"/>'
        f'<path class="interval" d="M{x:.1f} {low:.1f}V{high:.1f}M{x - whisker:.1f} {low:.1f}h{2 * whisker:.1f}'
        f'M{x - whisker:.1f} {high:.1f}h{2 * whisker:.1f}"/>'
        f'<text class="value" x="{x:.1f}" y="{min(high, top) - 5:.1f}" text-anchor="middle">{interval.mean:.2f}</text>'
        f'<text class="letter" x="{x:.1f}" y="{_y(0) + 15:.1f}" text-anchor="middle">{html.escape(bar.letter)}</text>'
    )
