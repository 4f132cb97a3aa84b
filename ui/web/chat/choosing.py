"""Offers what a new conversation can be about, once the application is ready."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import gradio as gr

from ui.web.backend import Backend
from ui.web.layout import Parts
from ui.web.tail import follow
from ui.web.visitor import visitor_of


class Choosing:
    """Fills the dropdowns of the page."""

    def __init__(self, backend: Backend, parts: Parts) -> None:
        self._backend = backend
        self._parts = parts

    async def offer(
        self, kb: Any, team: Any, strategy: Any, model: Any, request: gr.Request
    ) -> AsyncIterator[dict[Any, Any]]:
        """The page is looked at: what was chosen stays as long as it is offered.

        Nothing is offered by an application that cannot start.
        """
        async for state in follow(self._backend.readiness, going=lambda state: not (state.ready or state.error)):
            ready = state.ready
        if not ready:
            return
        usual = visitor_of(request.request.scope).words("talk.usual")
        offered = await asyncio.to_thread(self._backend.choices)
        parts, models = self._parts, [(usual, ""), *((name, name) for name in offered.models)]
        yield {
            parts.kb: _offer(offered.kbs, kb),
            parts.team: _offer(offered.teams, team),
            parts.strategy: _offer(offered.strategies, strategy),
            parts.model: gr.Dropdown(
                choices=models, value=_kept(["", *offered.models], model), visible=bool(offered.models)
            ),
        }


def _offer(names: Sequence[str], chosen: Any) -> gr.Dropdown:
    return gr.Dropdown(choices=list(names), value=_kept(names, chosen))


def _kept(names: Sequence[str], chosen: Any) -> str | None:
    return chosen if chosen in names else next(iter(names), None)
