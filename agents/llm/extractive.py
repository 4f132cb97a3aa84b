"""The language models of a table without a language model: quotations for an answer, and a check of them."""

from __future__ import annotations

import re
from collections.abc import Callable

from agents.errors import RunStopped
from agents.ports import LanguageModel, ModelReply, ModelRequest, StopSignal
from agents.run import Run
from agents.words import NOT_IN_DOCUMENTS, say
from retrieval.citations import cite
from retrieval.extractive import answer

_PIECE = re.compile(r"\s*\S{1,12}")


class ExtractiveAnswerer(LanguageModel):
    """Answers with the best sentences of the passages before the agents, or not at all; calls no tools."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def complete(self, request: ModelRequest, *, on_token: Callable[[str], None], stop: StopSignal) -> ModelReply:  # noqa: ARG002
        """The answer to the run's question; the request's text is not read."""
        run = self._run
        found = answer(run.question, run.evidence.shown, run.kb.embedder)
        return _spoken(NOT_IN_DOCUMENTS if found.abstained else found.text, on_token, stop)


class ExtractiveCritic(LanguageModel):
    """Compares every quotation of the answer with its source, letter by letter."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def complete(self, request: ModelRequest, *, on_token: Callable[[str], None], stop: StopSignal) -> ModelReply:  # noqa: ARG002
        """How many quotations stand in their sources, in the language of the question."""
        return _spoken(self._review(), on_token, stop)

    def _review(self) -> str:
        run = self._run
        sources = {passage.marker: passage.hit.chunk.text for passage in run.evidence.known}
        _, citations = cite(run.answer, run.evidence.known)
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
