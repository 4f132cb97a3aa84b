"""A run in figures: every measure with its interval, and how sure the differences between strategies are; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from retrieval.evaluation.run import MEASURES, percentiles
from retrieval.evaluation.statistics import Interval, Rows, intervals, p_values
from ui.web.evaluation.records import Asked, Found, Record

ANSWER = "answer@5"
"""Share of the questions with answer words where these stand in the first five passages."""

_ANSWER_DEPTH = 5


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How much better the first of two strategies is by one measure, on the same questions."""

    interval: Interval
    p: float


@dataclass(frozen=True, kw_only=True)
class Figures:
    """`values[strategy][measure]`, `times[strategy]` at two percentiles, `differences[first, second][measure]`."""

    questions: int
    with_answer: int
    values: Mapping[str, Mapping[str, Interval]]
    times: Mapping[str, tuple[float, float]]
    differences: Mapping[tuple[str, str], Mapping[str, Difference]]

    @property
    def measures(self) -> list[str]:
        """The measures of this run."""
        return [*MEASURES, ANSWER] if self.with_answer else list(MEASURES)


def figures(record: Record) -> Figures:
    """The figures of the strategies that are finished."""
    strategies = list(record.found)
    answered = [one for one in record.asked if one.answer]
    values: dict[str, dict[str, Interval]] = {strategy: {} for strategy in strategies}
    differences: dict[tuple[str, str], dict[str, Difference]] = {pair: {} for pair in combinations(strategies, 2)}
    for asked, measures in ((record.asked, list(MEASURES)), (answered, [ANSWER])):
        if asked and strategies:
            _fill(values, differences, _scores(record, asked, measures), measures)
    return Figures(
        questions=len(record.asked),
        with_answer=len(answered),
        values=values,
        times={strategy: percentiles([f.ms for f in found.values()]) for strategy, found in record.found.items()},
        differences=differences,
    )


def score(asked: Asked, found: Found, measure: str) -> float:
    """What one question counts for by a measure."""
    if measure == ANSWER:
        return float(0 < found.answer_rank <= _ANSWER_DEPTH)
    return MEASURES[measure](found.ranking, asked.grades)


def _scores(record: Record, asked: Sequence[Asked], measures: Sequence[str]) -> dict[tuple[str, str], list[float]]:
    return {
        (strategy, measure): [score(one, found[one.key], measure) for one in asked]
        for strategy, found in record.found.items()
        for measure in measures
    }


def _fill(
    values: dict[str, dict[str, Interval]],
    differences: dict[tuple[str, str], dict[str, Difference]],
    scores: Mapping[tuple[str, str], Sequence[float]],
    measures: Sequence[str],
) -> None:
    for (strategy, measure), interval in zip(scores, intervals(_rows(scores.values())), strict=True):
        values[strategy][measure] = interval
    pairs = [(pair, measure) for pair in differences for measure in measures]
    if pairs:
        rows = _rows(np.subtract(scores[pair[0], measure], scores[pair[1], measure]) for pair, measure in pairs)
        for (pair, measure), interval, p in zip(pairs, intervals(rows), p_values(rows), strict=True):
            differences[pair][measure] = Difference(interval=interval, p=p)


def _rows(rows: Iterable[Sequence[float] | Rows]) -> Rows:
    return np.array(list(rows), dtype=np.float64)
