"""What a question needs, told from its words and from what was said before; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.events import TurnKind
from agents.turns.memory import Exchange, Memory
from agents.turns.phrases import (
    ABOUT_ANSWER,
    CONTINUES,
    COURTESY,
    DEPARTMENT,
    MORE,
    REFERS,
    SMALL_TALK,
    WHOLE,
)
from agents.turns.readings import replaced
from retrieval.terms import normalize, question_terms, word_count

LONG_CHARS = 200
"""A longer query is the sum of many questions, of which the last is meant."""
MANY_WORDS = 6
"""What has this many words of meaning stands on its own, also when it is not put as a question."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`query` is what to search with and `variants` how the question may be meant; `leans` says that it cannot be
    understood without the conversation, so that a model, where there is one, reads it better."""

    kind: TurnKind
    query: str
    variants: tuple[str, ...] = ()
    leans: bool = False


def plan(asked: str, memory: Memory) -> Plan:
    """What kind of turn a question is. When in doubt it is searched for: a search too many costs little."""
    question = COURTESY.sub("", asked, count=1).strip() or asked
    said = " ".join(re.sub(r"[,，、;；]", " ", normalize(question)).strip(" .!?:。！？：~～").split())
    last = memory.last
    if SMALL_TALK.fullmatch(said):
        return Plan(kind="small_talk", query=question)
    if last is None:
        return Plan(kind="search", query=question, variants=(question,))
    if MORE.fullmatch(said):
        return Plan(kind="more", query=last.query, variants=(last.query,))
    if ABOUT_ANSWER.fullmatch(said):
        return Plan(kind="about_answer", query=question)
    return _follow_up(question, said, last)


def _follow_up(question: str, said: str, last: Exchange) -> Plan:
    continued = CONTINUES.sub("", said, count=1)
    refers = REFERS.search(continued if question.isupper() else normalize(DEPARTMENT.sub("", question)))
    whole = WHOLE.search(continued) or word_count(question_terms(question)) >= MANY_WORDS
    if whole and not refers:
        return Plan(kind="search", query=question, variants=(question,))
    before = last.query if len(last.query) <= LONG_CHARS else last.question
    both = f"{before} {question}"
    readings = (question, both) if whole else (both, *replaced(continued, before))
    return Plan(kind="search", query=both, variants=readings, leans=True)
