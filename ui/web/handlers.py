"""What happens when someone uses the page; a tab can only reach what is its own."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import gradio as gr

from configs.errors import AppError
from ui.web import evidence, listing
from ui.web.backend import Backend
from ui.web.decision import read_decision
from ui.web.exhibits import Exhibits
from ui.web.gallery import Gallery
from ui.web.layout import Parts
from ui.web.screen import screen
from ui.web.session import session_of
from ui.web.tabs import Tab, Tabs
from ui.web.tail import follow
from ui.web.uploads import Shelf

Updates = AsyncIterator[dict[Any, Any]]

DOCUMENTS_SHOWN = 100


def _shown(handler: Callable[..., Updates]) -> Callable[..., Updates]:
    """Show an error of the application above the composer."""

    @functools.wraps(handler)
    async def guarded(self: Handlers, *args: Any) -> Updates:
        try:
            async for updates in handler(self, *args):
                yield updates
        except AppError as error:
            yield {self._parts.notice: listing.notice(error)}

    return guarded


class Handlers:
    """Everything the page can be told to do; each yields the parts that change, and finds its tab by the session."""

    def __init__(self, backend: Backend, shelf: Shelf, exhibits: Exhibits, gallery: Gallery, parts: Parts) -> None:
        self._backend = backend
        self._exhibits = exhibits
        self._gallery = gallery
        self._shelf = shelf
        self._parts = parts
        self._tabs = Tabs(backend)

    async def watch(self, request: gr.Request) -> Updates:
        """Show what happens in the tab's room, whichever it is in, for as long as the tab is open.

        All of a tab's screens come from this one stream: updates of an old room cannot overtake those of a new one.
        """
        tab = self._tab(request)
        async for view in follow(lambda: tab.room.view, going=lambda _: tab.open):
            yield {self._parts.table: screen(view, await self._gallery.show(tab.browser, view))}

    @_shown
    async def load(self, request: gr.Request) -> Updates:
        """A tab was opened: offer the knowledge bases and teams once the application is ready."""
        parts, tab = self._parts, self._tab(request)
        waiting = follow(self._backend.readiness, going=lambda state: tab.open and not (state.ready or state.error))
        async for state in waiting:
            yield {parts.ready: listing.readiness(state)}
        if state.ready:
            names = await asyncio.to_thread(self._backend.knowledge_bases)
            tab.room.kb = tab.room.kb or next(iter(names), None)
            teams = await asyncio.to_thread(self._backend.teams)
            yield {
                parts.kb: gr.Dropdown(choices=names, value=tab.room.kb),
                parts.team: gr.Dropdown(choices=teams, value=tab.room.team or teams[0]),
            }
            yield await self._documents(tab)

    @_shown
    async def ask(self, question: str, request: gr.Request) -> Updates:
        """A question was sent."""
        if question.strip():
            self._tab(request).room.ask(question.strip())
            yield {self._parts.question: "", self._parts.notice: ""}

    def stop(self, request: gr.Request) -> None:
        """End the run."""
        self._tab(request).room.stop()

    @_shown
    async def decide(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Someone decided about code that waits in the tab's room."""
        if decision := read_decision(event._data):
            await asyncio.to_thread(self._tab(request).room.decide, decision)
            yield {self._parts.notice: ""}

    @_shown
    async def begin(self, kb: str | None, team: str | None, request: gr.Request) -> Updates:
        """Begin a new conversation, about another knowledge base, with another team, or as before."""
        tab = self._tab(request)
        tab.enter(kb, team)
        yield {self._parts.passage: "", self._parts.notice: ""}
        yield await self._documents(tab)

    async def cite(self, event: gr.EventData, request: gr.Request) -> str:
        """A citation was opened: its evidence, as HTML, which this browser may see from now on."""
        room = self._tab(request).room
        view, marker = room.view, event._data.get("marker") if isinstance(event._data, dict) else None
        if room.kb is None or not isinstance(marker, int):
            return ""
        exhibit = evidence.exhibit(view, room.kb, marker)
        if exhibit is None:
            return ""
        return evidence.passage(view, marker, await self._exhibits.open(session_of(request.request.scope), exhibit))

    @_shown
    async def add(self, files: list[str] | None, request: gr.Request) -> Updates:
        """Documents were uploaded: show what becomes of each."""
        parts, tab = self._parts, self._tab(request)
        yield {parts.files: None, parts.notice: ""}
        intake = tab.take_in(self._shelf, [Path(file) for file in files or ()])
        yield {parts.cancel: gr.Button(visible=True)}
        async for progress in follow(lambda: intake.progress, going=lambda progress: progress.going):
            yield {parts.uploads: listing.uploads(progress)}
        yield {parts.cancel: gr.Button(visible=False), **await self._documents(tab)}

    def cancel(self, request: gr.Request) -> None:
        """Leave out the uploaded files not read yet."""
        if intake := self._tab(request).intake:
            intake.cancel()

    def leave(self, request: gr.Request) -> None:
        """A tab was closed."""
        self._tabs.close(request.session_hash or "")

    def _tab(self, request: gr.Request) -> Tab:
        tab = self._tabs.of(request.session_hash or "")
        tab.browser = session_of(request.request.scope)
        return tab

    async def _documents(self, tab: Tab) -> dict[Any, Any]:
        kb = tab.room.kb
        if kb is None:
            return {}
        rows, total = await asyncio.to_thread(self._backend.documents, kb, DOCUMENTS_SHOWN)
        return {self._parts.documents: listing.documents(rows, total)} if tab.room.kb == kb else {}
