"""The library as a tab of the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import gradio as gr
from fastapi import FastAPI

from configs.settings import Settings
from retrieval.strategy import strategy_names
from ui.web.library.handlers import Handlers
from ui.web.library.layout import Parts, lay_out
from ui.web.library.page_route import serve_pages
from ui.web.library.stock import models
from ui.web.library.workshop import open_workshop
from ui.web.undoing import Undoing
from ui.web.uploads import Shelf

if TYPE_CHECKING:
    from agents.app import App

_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


class LibraryPage:
    """See `ui.web.tab_page.TabPage`. `app` waits until the application is ready, and raises AppError if it never is."""

    name = "library"

    def __init__(self, app: Callable[[], App], shelf: Shelf, settings: Settings, undoing: Undoing) -> None:
        self._settings = settings
        self._shop = open_workshop(app, shelf, settings, undoing)

    def build(self, blocks: gr.Blocks) -> None:  # noqa: ARG002 - its events are those of its parts
        """Lay out and wire."""
        search = self._settings.search
        parts = lay_out(
            strategies=strategy_names(), models=models(self._settings), strategy=search.strategy, k=search.k
        )
        on = Handlers(self._shop, parts)
        watched = [parts.notice, parts.kb, parts.numbers, parts.activity, parts.documents]
        shown = [*watched, *parts.changing, *parts.local]
        parts.notice.look(on.watch, None, shown, trigger_mode="multiple", **_QUIET)
        parts.notice.leave(on.leave, None, None, trigger_mode="multiple", **_QUIET)
        _wire(parts, on)

    def serve(self, server: FastAPI) -> None:
        """Add the images of pages; when the server closes, what runs is ended."""
        serve_pages(server, self._shop)
        before = server.router.lifespan_context

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
            async with before(app) as state:
                yield state
                await asyncio.to_thread(self._shop.close)

        server.router.lifespan_context = lifespan


def _wire(parts: Parts, on: Handlers) -> None:
    emptied = [parts.notice, parts.preview, parts.results]
    parts.kb.input(on.choose, [parts.kb], [*emptied, parts.words], **_QUIET)
    parts.words.change(on.filter, [parts.words], None, trigger_mode="always_last", **_QUIET)
    for place in (parts.activity, parts.documents, parts.results, parts.preview):
        place.act(on.act, None, [parts.notice, parts.preview], trigger_mode="multiple", **_QUIET)
    gr.on([parts.create.click, parts.name.submit], on.create, [parts.name], [*emptied, parts.name], **_QUIET)
    parts.remove.click(on.remove, None, emptied, **_QUIET)
    parts.files.upload(on.add, [parts.files], [parts.notice, parts.files], trigger_mode="multiple", **_QUIET)
    parts.folder.upload(on.add_folder, [parts.folder], [parts.notice, parts.folder], **_QUIET)
    parts.fetch.click(on.fetch, [parts.addresses], [parts.notice, parts.addresses], **_QUIET)
    gr.on([parts.read.click, parts.place.submit], on.read, [parts.place], [parts.notice, parts.place], **_QUIET)
    gr.on(
        [parts.search.click, parts.query.submit],
        on.search,
        [parts.query, parts.strategy, parts.k],
        [parts.notice, parts.results],
        **_QUIET,
    )
    parts.reparse.click(on.reparse, None, [parts.notice], **_QUIET)
    parts.reembed.click(on.reembed, [parts.model], [parts.notice], **_QUIET)
