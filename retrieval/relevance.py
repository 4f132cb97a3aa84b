"""How well each sentence of the evidence answers a question, judged by its words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from retrieval.answer_types import asked_for, holds
from retrieval.sentences import Sentence, split
from retrieval.terms import question_terms, terms
from retrieval.types import Passage


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A sentence of the evidence and what speaks for it.

    Coverage is the share (0 to 1) of the question's terms found, rare ones counting more: `own` in the sentence,
    `headed` with its headings and title added, `near` with its two neighbours added as well. `early` is 1 for the first
    passage, 1/2 for the second, …; `subject` is the share of a table row's first cell that the question names; `fits`
    is false when a date, a number, a price, … is asked for and none is there. `similarity` is the embedder's opinion,
    0 for unrelated, 1 for the same, 0 when it was not asked.
    """

    passage: Passage
    sentence: Sentence
    own: float
    headed: float
    near: float
    early: float
    subject: float
    fits: bool
    similarity: float = 0.0

    @property
    def in_context(self) -> str:
        """The sentence after its headings: alone, a table row or a list item does not say what it is about."""
        return ": ".join([*self.passage.hit.chunk.headings, self.sentence.shown])

    @property
    def coverage(self) -> float:
        """How much of the question is spoken of, here or close by; 0 to 1."""
        return 0.4 * self.own + 0.4 * self.headed + 0.2 * self.near

    @property
    def score(self) -> float:
        """What the sentences of one question are ordered by."""
        place = 0.2 * self.early + 0.2 * self.subject - 0.15 * (not self.fits)
        return self.coverage + 0.5 * self.similarity + place


@dataclass(frozen=True)
class _Located:
    passage: Passage
    order: int
    sentence: Sentence
    own: frozenset[str]
    headed: frozenset[str]
    near: frozenset[str]


def candidates(question: str, passages: Sequence[Passage]) -> list[Candidate]:
    """Every sentence of `passages`, in their order, described for `question`."""
    located = [entry for order, passage in enumerate(passages) for entry in _locate(passage, order)]
    wanted = question_terms(question) or tuple(terms(question))
    weights = _weights(wanted, [entry.headed for entry in located])
    kind = asked_for(question)
    return [
        Candidate(
            passage=entry.passage,
            sentence=entry.sentence,
            own=_coverage(entry.own, weights),
            headed=_coverage(entry.headed, weights),
            near=_coverage(entry.near, weights),
            early=1 / (1 + entry.order),
            subject=_subject(entry.sentence, weights),
            fits=kind is None or holds(entry.sentence.shown, kind, question),
        )
        for entry in located
    ]


def _locate(passage: Passage, order: int) -> list[_Located]:
    chunk, document = passage.hit.chunk, passage.hit.document
    file_name = re.sub(r"[\W_]+", " ", PurePath(document.source).stem)
    around = terms("\n".join([document.title, file_name, *chunk.headings]))
    sentences = split(chunk.text)
    own = [terms(sentence.shown) for sentence in sentences]
    return [
        _Located(passage, order, sentence, own[i], own[i] | around, around.union(*own[max(0, i - 1) : i + 2]))
        for i, sentence in enumerate(sentences)
    ]


def _weights(wanted: Sequence[str], texts: Sequence[frozenset[str]]) -> dict[str, float]:
    """Inverse document frequency over the sentences at hand, summing to 1: what every sentence says counts little."""
    counts = {term: sum(term in text for text in texts) for term in wanted}
    rarity = {term: math.log(1 + (len(texts) + 1) / (count + 0.5)) for term, count in counts.items()}
    total = sum(rarity.values())
    return {term: weight / total for term, weight in rarity.items()}


def _coverage(found: frozenset[str], weights: Mapping[str, float]) -> float:
    return sum(weight for term, weight in weights.items() if term in found)


def _subject(sentence: Sentence, weights: Mapping[str, float]) -> float:
    first = terms(sentence.cells[0][1]) if sentence.cells else frozenset()
    return len(first & weights.keys()) / len(first) if first else 0.0
