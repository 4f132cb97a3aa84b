"""A message while it is being written."""

from __future__ import annotations

from collections.abc import Callable

from agents.words import NOT_IN_DOCUMENTS

_MARKUP = " \n*_`\"'"


class Draft:
    """Hands text on as it comes, but not the agreed word for "not in these documents": that becomes `sentence`."""

    def __init__(self, show: Callable[[str], None], *, sentence: Callable[[], str]) -> None:
        self._show = show
        self._sentence = sentence
        self._written = ""
        self.shown = ""
        self.abstained = False

    def write(self, piece: str) -> None:
        """Take the next piece of the message."""
        self._written += piece
        if not _may_abstain(self._written):
            self._reveal(self._written)

    def finish(self, text: str) -> str:
        """The message as the user reads it; `text` is the whole reply."""
        self.abstained = text.lstrip(_MARKUP).startswith(NOT_IN_DOCUMENTS)
        final = self._sentence() if self.abstained else text.replace(NOT_IN_DOCUMENTS, self._sentence())
        if not self.shown or self._written == text == final:
            self._reveal(final)
        return final

    def _reveal(self, text: str) -> None:
        if len(text) > len(self.shown):
            self._show(text[len(self.shown) :])
            self.shown = text


def _may_abstain(text: str) -> bool:
    start = text.lstrip(_MARKUP)
    return NOT_IN_DOCUMENTS.startswith(start) or start.startswith(NOT_IN_DOCUMENTS)
