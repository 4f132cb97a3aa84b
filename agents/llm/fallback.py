"""A language model with a second one for when it fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agents.errors import ModelError
from agents.ports import LanguageModel, ModelReply, ModelRequest, StopSignal


class WithFallback(LanguageModel):
    """Asks `first`, and `second` when it fails before it said anything: what was shown cannot be unsaid.

    `on_fallback` is called with the error of the first before the second is asked. `parameters` and `context_tokens`
    are those of the first: a fallback that reads less raises ModelContextExceeded for what is too long for it.
    """

    def __init__(
        self, first: LanguageModel, second: LanguageModel, *, on_fallback: Callable[[ModelError], None]
    ) -> None:
        self._first, self._second, self._on_fallback = first, second, on_fallback

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Of the first."""
        return self._first.parameters

    def context_tokens(self) -> int:
        """Of the first."""
        return self._first.context_tokens()

    def complete(self, request: ModelRequest, *, on_token: Callable[[str], None], stop: StopSignal) -> ModelReply:
        """The reply of whichever answered; `attempts` and `cost` are that one's."""
        shown = False

        def show(text: str) -> None:
            nonlocal shown
            shown = True
            on_token(text)

        try:
            return self._first.complete(request, on_token=show, stop=stop)
        except ModelError as error:
            if shown:
                raise
            self._on_fallback(error)
        return self._second.complete(request, on_token=on_token, stop=stop)
