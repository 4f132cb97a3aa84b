"""Answers without a language model: the best sentences of the evidence, quoted and cited, or an honest refusal.

Weights and thresholds were chosen on CMRC 2018 (Chinese) and on chunking_evaluation and SciFact (English, with MiniLM),
asking each question once as it is and once with the documents that answer it taken away. At these values 84 % of the
answerable questions of CMRC get the right quotation, 10 % a refusal, and 12 % of the unanswerable ones a quotation; for
chunking_evaluation these are 70 %, 17 % and 0 %. Where only the answer is missing from the right document, about 45 %
get a quotation: words alone cannot tell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.citations import cite, without_markers
from retrieval.identifiers import all_stand_in
from retrieval.language import detect_language
from retrieval.ports import Embedder
from retrieval.relevance import Candidate, candidates
from retrieval.terms import question_terms, word_count
from retrieval.types import Citation, Passage

NOT_FOUND = {
    "en": "The documents do not say anything that answers this question.",
    "zh": "这些文档没有提到能够回答这个问题的内容。",
}
UNRELATED = {
    "en": ("Stir the soup and add some salt.", "The train left the station at dawn.", "Her brother plays the violin."),
    "zh": ("汤里再加一点盐。", "火车在黎明时离开了车站。", "她的弟弟会拉小提琴。"),
}
"""What no question is about: their mean cosine is the zero of an embedder's own scale."""

MAX_SENTENCES = 3
MAX_EMBEDDED = 12
"""Embedding 4 loses half a point of right answers on chunking_evaluation, 40 win nothing."""
CLOSE_TO_BEST = 0.7
"""A second or third sentence is quoted when its score is at least this share of the best one's."""
MIN_READABLE = 0.8
"""The embedder is asked when it reads at least this share of the question's letters."""


FULLY_COVERED = 0.85
"""With this much of the question covered the embedder need not agree."""


@dataclass(frozen=True)
class _Threshold:
    """The confidence a question of `words` words needs; longer ones, never covered as well, need less.

    Below half of `words` no more is asked for, so that two words found are enough.
    """

    needed: float
    words: float
    slope: float

    def passes(self, confidence: float, words: float) -> bool:
        return confidence >= self.needed - self.slope * math.log(max(words / self.words, 0.5))


BY_WORDS = _Threshold(needed=0.45, words=3.5, slope=0.1)
BY_WORDS_AND_MEANING = _Threshold(needed=0.9, words=8.0, slope=0.2)


@dataclass(frozen=True, kw_only=True)
class ExtractiveAnswer:
    """Quotations with their citations; when `abstained`, a sentence that says so, and no citations."""

    text: str
    abstained: bool
    citations: tuple[Citation, ...]


def answer(question: str, passages: Sequence[Passage], embedder: Embedder) -> ExtractiveAnswer:
    """The one to three sentences of `passages` (best passage first) that answer `question`, or an abstention."""
    asks_embedder = embedder.reads(question) >= MIN_READABLE
    ranked = rank(question, passages, embedder if asks_embedder else None)
    chosen = [candidate for candidate in ranked[:MAX_SENTENCES] if candidate.score >= CLOSE_TO_BEST * ranked[0].score]
    threshold = BY_WORDS_AND_MEANING if asks_embedder else BY_WORDS
    if not chosen or not _answers(question, chosen, threshold):
        language = "zh" if detect_language(question) == "zh" else "en"
        return ExtractiveAnswer(text=NOT_FOUND[language], abstained=True, citations=())
    text, citations = cite("\n\n".join(_quoted(candidate) for candidate in chosen), passages)
    return ExtractiveAnswer(text=text, abstained=False, citations=citations)


def best_answer(readings: Sequence[str], passages: Sequence[Passage], embedder: Embedder) -> ExtractiveAnswer:
    """The answer to the reading of a question that `passages` speak of most; of equal ones, the first.

    A reading is a way to understand an unfinished question, at least one is given.
    """
    if len(readings) == 1:
        return answer(readings[0], passages, embedder)
    coverage = [max((c.coverage for c in rank(reading, passages, None)), default=0.0) for reading in readings]
    order = sorted(range(len(readings)), key=lambda at: -coverage[at])
    answers = (answer(readings[at], passages, embedder) for at in order)
    first = next(answers)
    return first if not first.abstained else next((found for found in answers if not found.abstained), first)


def rank(question: str, passages: Sequence[Passage], embedder: Embedder | None) -> list[Candidate]:
    """The sentences of `passages`, best first; with an embedder only the `MAX_EMBEDDED` best by their words."""
    said: dict[str, Candidate] = {}
    for candidate in sorted(candidates(question, passages), key=_score, reverse=True):
        said.setdefault(candidate.sentence.shown, candidate)
    found = list(said.values())
    if embedder is None or not found:
        return found
    found = found[:MAX_EMBEDDED]
    texts = [candidate.in_context for candidate in found]
    similar = zip(found, _similarities(question, texts, embedder), strict=True)
    return sorted((replace(candidate, similarity=s) for candidate, s in similar), key=_score, reverse=True)


def _score(candidate: Candidate) -> float:
    return candidate.score


def _similarities(question: str, texts: Sequence[str], embedder: Embedder) -> list[float]:
    unrelated = UNRELATED["zh" if detect_language(question) == "zh" else "en"]
    vectors = embedder.embed([question, *unrelated, *texts])
    cosines = [float(cosine) for cosine in vectors[1:] @ vectors[0]]
    zero = sum(cosines[: len(unrelated)]) / len(unrelated)
    return [max(0.0, (cosine - zero) / max(1 - zero, 1e-6)) for cosine in cosines[len(unrelated) :]]


def _answers(question: str, chosen: Sequence[Candidate], threshold: _Threshold) -> bool:
    """Whether `chosen` hold the kind of thing asked for, the numbers and codes named, and enough of the rest."""
    words = word_count(question_terms(question))
    best = chosen[0]
    return (
        any(candidate.fits for candidate in chosen)
        and all_stand_in(question, "\n".join(_around(candidate.passage) for candidate in chosen))
        and (best.coverage >= FULLY_COVERED or threshold.passes(best.coverage + best.similarity, words))
    )


def _around(passage: Passage) -> str:
    chunk, document = passage.hit.chunk, passage.hit.document
    return "\n".join([document.title, document.source, *chunk.headings, chunk.text])


def _quoted(candidate: Candidate) -> str:
    """The sentence with its marker, after its heading where that says part of what was asked."""
    sentence, headings = candidate.sentence, candidate.passage.hit.chunk.headings
    shown = without_markers(sentence.shown).replace("```", "")
    quoted = shown if sentence.cells else f"“{shown}”"
    heading = f"{headings[-1]}:" if headings and candidate.headed > candidate.own else ""
    return f"{' '.join((without_markers(heading) + ' ' + quoted).split())} [{candidate.passage.marker}]"
