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

    async def offer(self, request: gr.Request) -> AsyncIterator[dict[Any, Any]]:
        """A page was opened; nothing is offered by an application that cannot start."""
        async for state in follow(self._backend.readiness, going=lambda state: not (state.ready or state.error)):
            ready = state.ready
        if not ready:
            return
        words = visitor_of(request.request.scope).words
        offered = await asyncio.to_thread(self._backend.choices)
        parts, usual = self._parts, [(words("talk.usual"), ""), *((name, name) for name in offered.models)]
        yield {
            parts.kb: _offer(offered.kbs),
            parts.team: _offer(offered.teams),
            parts.strategy: _offer(offered.strategies),
            parts.model: gr.Dropdown(choices=usual, value="", visible=bool(offered.models)),
        }


def _offer(names: Sequence[str]) -> gr.Dropdown:
    return gr.Dropdown(choices=list(names), value=next(iter(names), None))
