"""Decides what a question needs: by rules, and by one small model call where it leans on what was said before."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from agents.calling import small_call
from agents.errors import ModelError
from agents.events import TurnPlanned
from agents.turns.memory import dialogue
from agents.turns.turn import plan

if TYPE_CHECKING:
    from agents.run import Run

LONGEST = 600
"""Characters of a rewritten question; a longer one is not what was asked for."""
RECENT = 3
"""Exchanges that a rewriting model reads."""


def decide(run: Run) -> TurnPlanned:
    """The plan for the run's question. A model that fails or rambles leaves it to the rules."""
    started = time.perf_counter()
    found = plan(run.question, run.memory)
    written = _rewritten(run) if found.leans and run.model("small", run).converses else ""
    query, variants = (written, (written,)) if written else (found.query, found.variants)
    ms = (time.perf_counter() - started) * 1000
    return TurnPlanned(kind=found.kind, query=query, variants=variants, by="model" if written else "rules", ms=ms)


def _rewritten(run: Run) -> str:
    user = f"{dialogue(run.memory.exchanges[-RECENT:])}\n\nLast message of the user: {run.question}"
    try:
        written = " ".join(small_call(run, purpose="condense", agent="retriever", user=user).split())
    except ModelError:
        return ""
    return written if len(written) <= LONGEST else ""
