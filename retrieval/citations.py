"""Checks the markers of an answer and finds the words each of them rests on."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from retrieval.sentences import Sentence, split
from retrieval.terms import terms
from retrieval.types import Citation, Passage

_NUMBERS = r"\d{1,5}(?:\s*(?:[,，、;；]|[-–—])\s*\d{1,5})*"
_MARKER = re.compile(rf"(```.*?```|`[^`\n]*`)|[\[［【]\s*({_NUMBERS})\s*(?:†[^\]］】\n]*)?[\]］】](?!\()", re.DOTALL)
_NUMBER = re.compile(r"(\d+)(?:\s*[-–—]\s*(\d+))?")
_LONGEST_RANGE = 20
LIKE_A_YEAR = 1_000
"""From here on a number in brackets that was never given is not taken for a marker."""
_CLAUSE_TERMS = 3
"""With fewer terms than this before a marker, the whole sentence is what it supports."""


@dataclass(frozen=True)
class _Answer:
    """An answer cleaned, the same without markers, and where each marker stood in that (in order)."""

    cleaned: str
    plain: str
    places: tuple[tuple[int, int], ...]


def cite(answer: str, passages: Sequence[Passage]) -> tuple[str, tuple[Citation, ...]]:
    """`answer` with its markers as `[n]` and the ones never given removed, and a citation per marker, by first use.

    Understood are `[1]`, `[1, 2]`, `[1][2]`, `[1-3]`, `【1】` and their full-width forms; code in backticks and links
    are left alone. A quote is verbatim from its chunk: the sentence closest to what first carries the marker.
    """
    given = {passage.marker: passage for passage in passages}
    read = _read(answer, given)
    claims = _claims(read)
    return read.cleaned, tuple(_citation(given[marker], claim) for marker, claim in claims.items())


def markers(answer: str) -> tuple[int, ...]:
    """Every number that stands as a marker in `answer`, given or not, once each, by first use."""
    everything = range(100_000)
    return tuple(dict.fromkeys(marker for marker, _ in _read(answer, everything).places))


def without_markers(text: str) -> str:
    """`text` without anything that could be taken for a marker."""
    return _read(text, {}).cleaned


def best_quote(claim: str, text: str) -> str:
    """The sentence of `text` that shares most with `claim`; rare words count more, long sentences less."""
    sentences = split(text)
    found = [terms(sentence.shown) for sentence in sentences]
    counts = Counter(term for own in found for term in own)
    wanted = terms(claim)

    def support(own: frozenset[str]) -> float:
        return sum(math.log(1 + len(found) / counts[term]) for term in own & wanted) / math.sqrt(4 + len(own))

    scores = [support(own) for own in found]
    return sentences[scores.index(max(scores))].text if scores else text.strip()


def _read(answer: str, given: Collection[int]) -> _Answer:
    cleaned = plain = ""
    places: list[tuple[int, int]] = []
    end = 0
    for match in _MARKER.finditer(answer):
        before = answer[end : match.start()] + (match[1] or "")
        cleaned, plain, end = cleaned + before, plain + before, match.end()
        if match[1] is None:
            numbers = _numbers(match[2])
            used = [marker for marker in numbers if marker in given]
            if not used and max(numbers) >= LIKE_A_YEAR:
                cleaned, plain = cleaned + match[0], plain + match[0]
                continue
            places += [(marker, len(plain)) for marker in used]
            cleaned = _with(cleaned, used, answer[end : end + 1])
    return _Answer((cleaned + answer[end:]).strip(), plain + answer[end:], tuple(places))


def _numbers(text: str) -> list[int]:
    """The numbers of a marker, once each; a range stands for all its numbers."""
    found: list[int] = []
    for first, last in _NUMBER.findall(text):
        stop = int(last or first)
        found += range(int(first), min(stop, int(first) + _LONGEST_RANGE) + 1)
    return list(dict.fromkeys(found))


def _with(text: str, used: Sequence[int], following: str) -> str:
    """`text` with these markers; where none is left, the space before goes unless words follow at once."""
    if used:
        return text + "".join(f"[{marker}]" for marker in used)
    return text if following.isalnum() else text.rstrip(" \t")


def _claims(answer: _Answer) -> dict[int, str]:
    """What the answer first says under each marker."""
    sentences = split(answer.plain)
    claims: dict[int, str] = {}
    previous = 0
    for marker, place in answer.places:
        sentence = _carrier(answer.plain, sentences, place)
        clause = answer.plain[max(sentence.start, previous) : place] if sentence else ""
        whole = sentence.text if sentence else answer.plain
        claims.setdefault(marker, clause if len(terms(clause)) >= _CLAUSE_TERMS else whole)
        previous = place
    return claims


def _carrier(text: str, sentences: Sequence[Sentence], place: int) -> Sentence | None:
    """The sentence a marker belongs to: the one it ends or stands in, or the next when it begins a line."""
    line = text.rfind("\n", 0, place) + 1
    before = [sentence for sentence in sentences if sentence.start < place]
    after = [sentence for sentence in sentences if sentence.start >= place]
    if before and (before[-1].end > line or not after):
        return before[-1]
    return after[0] if after else None


def _citation(passage: Passage, claim: str) -> Citation:
    chunk, document = passage.hit.chunk, passage.hit.document
    return Citation(
        marker=passage.marker,
        chunk_id=chunk.id,
        document_id=document.id,
        source=document.source,
        page=chunk.page,
        boxes=chunk.boxes,
        quote=best_quote(claim, chunk.text),
        headings=chunk.headings,
        copies=document.copies,
    )
