"""What the retriever puts on the table for a question, and how it says so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from agents.events import Noted
from agents.run import Run
from agents.words import say
from configs.prompts import prompt
from retrieval.context import render_context
from retrieval.types import Passage


def passages_for(run: Run, *, agent: str, k: int | None = None, containing: str = "") -> tuple[Passage, ...]:
    """The passages this turn rests on: found now, found further, those of the last answer, or none."""
    plan, last = run.plan, run.memory.last
    if plan.kind == "small_talk":
        return ()
    if plan.kind == "about_answer" and last is not None:
        return run.evidence.again(last.markers)
    passages = run.look_up(plan.query, agent=agent, k=k, containing=containing, fresh=plan.kind == "more")
    if plan.kind == "more" and not passages:
        run.emit(Noted(kind="evidence_exhausted", agent=agent, text="There are no further passages about it."))
    return passages


def message_for(run: Run, passages: Sequence[Passage]) -> str:
    """The retriever's message to the other agents: the question, and the passages fenced as data."""
    context = render_context(passages) or "No passage was found for it."
    if run.plan.kind == "small_talk":
        return prompt("small_talk", question=run.question)
    if run.plan.kind == "about_answer":
        return prompt("about_answer", question=run.question, context=context)
    return prompt("question", question=_asked(run), context=context)


def listing(run: Run, passages: Sequence[Passage]) -> str:
    """What a reader sees of it: a line per passage."""
    if run.plan.kind == "small_talk":
        return say("no_search", run.language)
    return "\n".join(_line(passage, run.language) for passage in passages) or say("nothing_found", run.language)


def _asked(run: Run) -> str:
    """The question, with what it was taken for where it does not stand on its own."""
    if run.plan.query == run.question or run.plan.by == "rules":
        return run.question
    return f"{run.question}\n(that is: {run.plan.query})"


def _line(passage: Passage, language: str) -> str:
    chunk, source = passage.hit.chunk, passage.hit.document.source
    page = "" if chunk.page is None else ", " + say("page", language, page=chunk.page)
    headings = " — " + " > ".join(chunk.headings) if chunk.headings else ""
    return f"[{passage.marker}] {PurePath(source).name}{page}{headings}"
