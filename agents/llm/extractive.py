"""The language models of a table without a language model: quotations for an answer, and a check of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from agents.errors import RunStopped
from agents.ports import LanguageModel, ModelReply, ModelRequest, StopSignal
from agents.run import Run
from agents.words import NOT_IN_DOCUMENTS, say
from retrieval.citations import cite, markers
from retrieval.extractive import best_answer

_PIECE = re.compile(r"\s*\S{1,12}")
_WITHOUT_LIMIT = 1_000_000_000


class _Extractive(LanguageModel):
    def __init__(self, run: Run) -> None:
        self._run = run

    @property
    def converses(self) -> bool:
        return False

    @property
    def parameters(self) -> Mapping[str, Any]:
        return {"provider": "extractive"}

    def context_tokens(self) -> int:
        return _WITHOUT_LIMIT


class ExtractiveAnswerer(_Extractive):
    """Answers with the best sentences of the passages before the agents, or not at all; calls no tools."""

    def complete(self, request: ModelRequest, *, on_token: Callable[[str], None], stop: StopSignal) -> ModelReply:  # noqa: ARG002
        """The answer to the run's question; the request's text is not read."""
        return _spoken(self._answer(), on_token, stop)

    def _answer(self) -> str:
        run = self._run
        match run.plan.kind:
            case "small_talk":
                return say("greeting", run.language)
            case "about_answer":
                return say("needs_a_model", run.language)
        readings = run.plan.variants or (run.plan.query,)
        found = best_answer(readings, run.evidence.shown, run.kb().embedder)
        return NOT_IN_DOCUMENTS if found.abstained else found.text


class ExtractiveCritic(_Extractive):
    """Compares every quotation of the answer with its source, letter by letter."""

    def complete(self, request: ModelRequest, *, on_token: Callable[[str], None], stop: StopSignal) -> ModelReply:  # noqa: ARG002
        """How many quotations stand in their sources, in the language of the question."""
        return _spoken(self._review(), on_token, stop)

    def _review(self) -> str:
        run = self._run
        passages = run.evidence.numbered(markers(run.answer))
        sources = {passage.marker: passage.hit.chunk.text for passage in passages}
        _, citations = cite(run.answer, passages)
        failed = sum(citation.quote not in sources[citation.marker] for citation in citations)
        if not citations:
            return say("nothing_to_check", run.language)
        return say("quotes_fail" if failed else "quotes_hold", run.language, count=len(citations), failed=failed)


def _spoken(text: str, on_token: Callable[[str], None], stop: StopSignal) -> ModelReply:
    for piece in _PIECE.findall(text):
        if stop.is_set():
            raise RunStopped("The run was stopped.")
        on_token(piece)
    return ModelReply(text=text)
