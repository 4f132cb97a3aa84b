"""Ways to read a question that leans on the one before it, without a model; pure.

"And the premium plan?" after "What does the standard plan cost?" asks for the old question with one thing changed.
What it takes the place of cannot be known from the words alone, so every place is a reading; the documents decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval.terms import STOP_WORDS, is_cjk, normalize, question_terms

MOST = 8
"""Readings tried at most."""
_WORD = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*")
_LEADING = re.compile(r"^(?:the|a|an|for|in|of|on|at|with|to|by|from|about|is|are)\s+", re.I)
_TAIL = re.compile(r"(?:呢|吗|吧|的话)+$")


def replaced(added: str, before: str) -> tuple[str, ...]:
    """The question `before` with `added` in the place of each thing it may stand for, at most `MOST` readings."""
    new = _TAIL.sub("", added.strip(" ?？。.!！"))
    found = question_terms(new)
    if not found:
        return ()
    readings = _replaced_cjk(new, before) if any(is_cjk(term) for term in found) else _replaced_words(new, before)
    return tuple(dict.fromkeys(readings))[:MOST]


def _replaced_words(added: str, before: str) -> Iterator[str]:
    """`before` with each of its words of meaning, in turn, replaced by what was added; without its shared words."""
    core = _LEADING.sub("", added)
    own = [word for word in _WORD.findall(core) if normalize(word) not in (*STOP_WORDS, "one", "ones")]
    there = {normalize(word) for word in _WORD.findall(before)}
    fresh = " ".join(word for word in own if normalize(word) not in there)
    if not fresh:
        return
    for match in _WORD.finditer(before):
        if question_terms(match[0]) and normalize(match[0]) not in {normalize(word) for word in own}:
            yield f"{before[: match.start()]}{fresh}{before[match.end() :]}"


def _replaced_cjk(added: str, before: str) -> Iterator[str]:
    """`before` with the piece that shares its end or its beginning with what was added replaced by that."""
    for length in range(len(added) - 1, 0, -1):
        for shared, lead in ((added[-length:], len(added) - length), (added[:length], 0)):
            at = before.find(shared)
            start = at - lead
            if at >= 0 and start >= 0:
                yield f"{before[:start]}{added}{before[start + len(added) :]}"
                return
