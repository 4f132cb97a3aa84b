"""The numbers and codes of a question: a passage without them is about something else."""

from __future__ import annotations

import re

from retrieval.terms import STOP_WORDS, is_cjk, normalize, question_terms, terms

_CODE = re.compile(r"\b([A-Z][A-Za-z]*)[ -]?(\d{1,3})(?!\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def all_stand_in(question: str, text: str) -> bool:
    """Whether `text` has every number and code (`R-118`, `Lumen 4`) of `question`, and its foreign words if Chinese."""
    return _single(question) <= terms(text) and all(code.search(_compact(text)) for code in _codes(question))


def _single(question: str) -> set[str]:
    wanted = question_terms(question)
    chinese = any(is_cjk(term) for term in wanted)
    return {term for term in wanted if term[0].isdigit() or (chinese and not is_cjk(term))}


def _codes(question: str) -> list[re.Pattern[str]]:
    """A word with a capital and the number after it; dates are written in too many ways to insist on theirs."""
    found = ((word.lower(), number) for word, number in _CODE.findall(question))
    return [
        re.compile(rf"{word}{number}(?!\d)")
        for word, number in found
        if word not in STOP_WORDS and not word.startswith(_MONTHS)
    ]


def _compact(text: str) -> str:
    return re.sub(r"[\s–-]+", "", normalize(text))
