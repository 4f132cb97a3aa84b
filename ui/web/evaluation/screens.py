"""Draws the regions of the evaluation page from what a tab has open and what is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from configs.errors import AppError
from ui.web.evaluation.bench import Bench, Progress
from ui.web.evaluation.comparison import compare
from ui.web.evaluation.desk import Desk
from ui.web.evaluation.difference_view import Compared, differences
from ui.web.evaluation.figures import Figures, figures
from ui.web.evaluation.progress_view import progress
from ui.web.evaluation.question_store import QuestionStore
from ui.web.evaluation.question_view import editor, tally
from ui.web.evaluation.result_view import result
from ui.web.evaluation.run_store import RunStore
from ui.web.evaluation.runs_view import runs
from ui.web.evaluation.setup_view import setup
from ui.web.evaluation.sides import all_sides, chosen_sides, side
from ui.web.listing import notice
from ui.web.newest import Newest
from ui.web.visitor import Visitor

REGIONS = ("notice", "setup", "questions", "tally", "progress", "runs", "result", "differences")

_REMEMBERED = 16


class Screens:
    """Every region is HTML; blocking."""

    def __init__(self, bench: Bench, questions: QuestionStore) -> None:
        self._bench, self._questions = bench, questions
        self._figures: Newest[tuple[str, ...], Figures] = Newest(_REMEMBERED)
        self._remembering = threading.Lock()

    def draw(self, visitor: Visitor, desk: Desk, running: Progress | None, regions: set[str]) -> dict[str, str]:
        """The asked regions; what cannot be read is told in its place."""
        drawing: Mapping[str, Callable[[], str]] = {
            "notice": lambda: notice(desk.problem, visitor.words) if desk.problem else "",
            "setup": lambda: setup(visitor, desk.offer),
            "questions": lambda: self._editor(visitor, desk),
            "tally": lambda: self._tally(visitor, desk),
            "progress": lambda: progress(visitor, running),
            "runs": lambda: runs(visitor, self._bench.runs.heads(), desk.run),
            "result": lambda: self._result(visitor, desk),
            "differences": lambda: self._differences(visitor, desk),
        }
        return {region: _told(visitor, drawing[region]) for region in REGIONS if region in regions}

    def _editor(self, visitor: Visitor, desk: Desk) -> str:
        offer = desk.offer
        if not offer.kb or not visitor.can("editor"):
            return ""
        return editor(visitor.words, offer.kb, self._questions.all(offer.kb), offer.documents, offer.names)

    def _tally(self, visitor: Visitor, desk: Desk) -> str:
        offer = desk.offer
        if not offer.kb or not visitor.can("editor"):
            return ""
        return tally(visitor.words, self._questions.all(offer.kb), offer.names)

    def _result(self, visitor: Visitor, desk: Desk) -> str:
        store = self._bench.runs
        if not desk.run:
            return ""
        head = store.head(desk.run)
        return result(visitor.words, head, self._figures_of(store, desk.run, head.finished))

    def _figures_of(self, store: RunStore, run_id: str, finished: tuple[str, ...]) -> Figures:
        key = (run_id, *finished)
        with self._remembering:
            if key not in self._figures:
                self._figures.keep(key, figures(store.record(run_id)))
            return self._figures.use(key)

    def _differences(self, visitor: Visitor, desk: Desk) -> str:
        heads = self._bench.runs.heads()
        if not desk.run or not any(head.id == desk.run for head in heads):
            return ""
        first, second = chosen_sides(desk, heads)
        compared = Compared(
            sides=all_sides(heads),
            first=first,
            second=second,
            measure=desk.measure,
            order=desk.order,
            only_different=desk.only_different,
            shown=desk.shown,
        )
        if not second:
            return differences(visitor.words, compared, [], ({}, {}))
        sides = side(self._bench.runs, first), side(self._bench.runs, second)
        titles = dict(sides[0].record.titles), dict(sides[1].record.titles)
        return differences(visitor.words, compared, compare(*sides, desk.measure, desk.order), titles)


def _told(visitor: Visitor, draw: Callable[[], str]) -> str:
    try:
        return draw()
    except AppError as error:
        return notice(error, visitor.words)
