"""Question by question, what one ranking does better than another; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ui.web.evaluation.figures import ANSWER, score
from ui.web.evaluation.records import Asked, Found, Record

Order = Literal["largest", "first", "second"]
"""The largest differences on top, or what the first or the second ranking does better."""

ORDERS: tuple[Order, ...] = ("largest", "first", "second")


@dataclass(frozen=True, kw_only=True)
class Side:
    """One strategy of one run."""

    record: Record
    strategy: str


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One question at one side: its score, and the rank of the first expected document, 0 for none within `KEPT`."""

    asked: Asked
    found: Found
    score: float
    rank: int


@dataclass(frozen=True, kw_only=True)
class Row:
    """One question at both sides."""

    first: Seen
    second: Seen

    @property
    def difference(self) -> float:
        """By how much the first is better."""
        return self.first.score - self.second.score

    @property
    def is_different(self) -> bool:
        """Whether the score or the rank differs."""
        return abs(self.difference) > 1e-9 or self.first.rank != self.second.rank


def compare(first: Side, second: Side, measure: str, order: Order) -> list[Row]:
    """The questions that both sides were asked, in order of the difference; without answer words, not by `ANSWER`."""
    others = {one.key: one for one in second.record.asked}
    rows = [
        Row(first=_seen(first, one, measure), second=_seen(second, others[one.key], measure))
        for one in first.record.asked
        if one.key in others and (measure != ANSWER or (one.answer and others[one.key].answer))
    ]
    by = {"largest": lambda row: -abs(row.difference), "first": lambda row: -row.difference}
    return sorted(rows, key=by.get(order, lambda row: row.difference))


def rank_of(asked: Asked, ranking: Sequence[str]) -> int:
    """Where the first expected document stands, 0 when it is not there."""
    return next((rank for rank, name in enumerate(ranking, start=1) if asked.grades.get(name, 0) > 0), 0)


def _seen(side: Side, asked: Asked, measure: str) -> Seen:
    found = side.record.found[side.strategy][asked.key]
    return Seen(asked=asked, found=found, score=score(asked, found, measure), rank=rank_of(asked, found.ranking))
