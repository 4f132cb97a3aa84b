"""Which two rankings are compared."""

from __future__ import annotations

from collections.abc import Sequence

from ui.web.evaluation.comparison import Side
from ui.web.evaluation.desk import Desk
from ui.web.evaluation.difference_view import SEPARATOR
from ui.web.evaluation.errors import UnknownEvaluation
from ui.web.evaluation.records import Head
from ui.web.evaluation.run_store import RunStore
from ui.web.evaluation.runs_view import run_name


def all_sides(heads: Sequence[Head]) -> tuple[tuple[str, str], ...]:
    """Every finished strategy of every run, with what it is called."""
    return tuple(
        (f"{head.id}{SEPARATOR}{strategy}", f"{strategy} · {run_name(head)}")
        for head in heads
        for strategy in head.finished
    )


def chosen_sides(desk: Desk, heads: Sequence[Head]) -> tuple[str, str]:
    """The two that were chosen while they are there, else two of the open run, else one of it and one of an older
    run on the same.
    """
    there = [value for value, _ in all_sides(heads)]
    opened = next((head for head in heads if head.id == desk.run), None)
    near = [head for head in heads if opened and (head.kind, head.name) == (opened.kind, opened.name)]
    near.sort(key=lambda head: head.id != desk.run)
    usual = [value for value, _ in all_sides(near)] + there
    first = desk.first if desk.first in there else next(iter(usual), "")
    second = desk.second if desk.second in there else next((value for value in usual if value != first), "")
    return first, second


def side(runs: RunStore, value: str) -> Side:
    """A side by its value. Raises UnknownEvaluation for one that is not kept."""
    run_id, _, strategy = value.partition(SEPARATOR)
    record = runs.record(run_id)
    if strategy not in record.found:
        raise UnknownEvaluation("This strategy was not finished in this run.", hint="Choose another one.")
    return Side(record=record, strategy=strategy)
