"""Whether each sentence of an answer stands in what it cites: by words, by meaning, and by a model if the team asks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from agents.calling import small_call
from agents.errors import BudgetExceeded, ModelError
from retrieval.citations import cite, markers
from retrieval.context import render_context
from retrieval.support import Verdict, check_support
from retrieval.types import Passage

if TYPE_CHECKING:
    from agents.run import Run

_LINE = re.compile(r"^\s*(\d+)\s*[:.：、]\s*(yes|no|是|否)\b", re.I | re.M)


def checked(run: Run) -> tuple[Verdict, ...]:
    """A verdict on each sentence of the run's answer without a model, none for an answer that cites nothing."""
    passages = run.evidence.numbered(markers(run.answer))
    if run.abstained or not passages:
        return ()
    return check_support(cite(run.answer, passages)[0], passages, run.kb().embedder)


def judged(run: Run, verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """The verdicts after a judge read them too, where the team has one.

    A judge that fails, or says nothing about a sentence, leaves the verdict as it is.
    """
    cited = [verdict for verdict in verdicts if verdict.markers]
    if not (run.judge and cited and run.model("small", run).converses):
        return verdicts
    opinions = _opinions(run, cited, run.evidence.numbered(markers(run.answer)))
    by_place = {verdict.start: opinions.get(number) for number, verdict in enumerate(cited, 1)}
    return tuple(_with(verdict, by_place.get(verdict.start)) for verdict in verdicts)


def _opinions(run: Run, cited: Sequence[Verdict], passages: Sequence[Passage]) -> Mapping[int, bool]:
    statements = "\n".join(f"{number}. {verdict.sentence}" for number, verdict in enumerate(cited, 1))
    user = f"{render_context(passages)}\n\nStatements:\n{statements}"
    try:
        said = small_call(run, purpose="judge", agent="judge", user=user)
    except (ModelError, BudgetExceeded):
        return {}
    return {int(number): word.lower() in ("yes", "是") for number, word in _LINE.findall(said)}


def _with(verdict: Verdict, opinion: bool | None) -> Verdict:
    if opinion is None:
        return verdict
    return replace(verdict, status="supported" if opinion else "unsupported")
