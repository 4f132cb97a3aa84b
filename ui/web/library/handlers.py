"""What happens when someone uses the library; each handler finds its tab by the session and asks who sits there."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from configs.errors import AppError
from retrieval.errors import EmptyQuery, SourceError
from retrieval.locations import check_path
from retrieval.strategy import load_strategy
from ui.web.library.desk import Desk, Desks
from ui.web.library.layout import MOST_HITS, Parts
from ui.web.library.ledger import Ledger, everything, ledger
from ui.web.library.orders import Orders, order_of
from ui.web.library.pieces import piece
from ui.web.library.results import results
from ui.web.library.screen import Screen
from ui.web.library.stock import models
from ui.web.library.works import Adding, Reembedding, Rereading, visible
from ui.web.library.workshop import Workshop
from ui.web.listing import notice
from ui.web.tail import follow
from ui.web.visitor import visitor_of

Updates = AsyncIterator[dict[Any, Any]]

MOST_FILES = 1000
"""Files in one upload."""
_MOST_ADDRESSES = 200
_SILENT_S = 10.0
"""Something is said at least that often, so that a browser that has gone is noticed."""
_LOOK_AGAIN_S = 2.0
"""How often a tab looks for changes that were not made in this one."""


def _shown(handler: Callable[..., Updates]) -> Callable[..., Updates]:
    """Show an error of the application above everything; an earlier one goes."""

    @functools.wraps(handler)
    async def guarded(self: Handlers, *args: Any) -> Updates:
        request: gr.Request = args[-1]
        try:
            yield {self._parts.notice: ""}
            async for updates in handler(self, *args):
                yield updates
        except AppError as error:
            yield {self._parts.notice: notice(error, visitor_of(request.request.scope).words)}

    return guarded


class Handlers:
    """Everything the tab can be told to do; each yields the parts that change."""

    def __init__(self, shop: Workshop, parts: Parts) -> None:
        self._shop, self._parts = shop, parts
        self._desks, self._orders = Desks(), Orders(shop)

    @_shown
    async def watch(self, request: gr.Request) -> Updates:
        """Show the library for as long as somebody looks at it: what others add and delete, too."""
        desk, shop, parts = self._desk(request), self._shop, self._parts
        desk.watches = mine = desk.watches + 1
        yield {
            **{part: type(part)(visible=desk.visitor.can("editor")) for part in parts.changing},
            **{part: type(part)(visible=desk.visitor.can("admin")) for part in parts.local},
        }
        shown, spoke = Screen(), time.monotonic()
        async for ready, *_ in follow(lambda: self._state(desk), going=lambda _: desk.watches == mine):
            draw = shop.screens.draw if ready else shop.screens.waiting
            screen = await asyncio.to_thread(draw, desk)
            updates = self._changed(shown, screen)
            if updates or time.monotonic() - spoke > _SILENT_S:
                yield updates
                spoke = time.monotonic()
            shown = screen

    def leave(self, request: gr.Request) -> None:
        """Another tab of the page is looked at; what was begun goes on."""
        self._desk(request).watches += 1

    @_shown
    async def choose(self, kb: str | None, request: gr.Request) -> Updates:
        """Look at another knowledge base."""
        self._desk(request).choose(kb)
        yield {self._parts.preview: [], self._parts.results: [], self._parts.words: ""}

    def filter(self, words: str, request: gr.Request) -> None:
        """Show only documents with these words."""
        self._desk(request).filter(str(words)[:200])

    @_shown
    async def act(self, event: gr.EventData, request: gr.Request) -> Updates:
        """A button in our own HTML was pressed."""
        shown = await self._orders.carry_out(order_of(event._data), self._desk(request))
        if shown is not None:
            yield {self._parts.preview: shown}

    @_shown
    async def create(self, name: str, request: gr.Request) -> Updates:
        """Make a knowledge base, and look at it."""
        desk, name = self._editing(request), str(name).strip()
        await asyncio.to_thread(self._shop.deleting.check_name, name)
        await asyncio.to_thread(self._shop.opening.app().library.create, name)
        desk.choose(name)
        yield {self._parts.name: "", self._parts.preview: [], self._parts.results: []}

    @_shown
    async def remove(self, request: gr.Request) -> Updates:
        """Delete the knowledge base that is looked at, with an undo."""
        desk = self._editing(request)
        if kb := desk.look.kb:
            await asyncio.to_thread(self._shop.deleting.knowledge_base, desk.visitor.owner, kb)
            yield {self._parts.preview: [], self._parts.results: []}

    @_shown
    async def add(self, files: Sequence[str] | None, request: gr.Request) -> Updates:
        """Files were uploaded."""
        desk, uploads = self._editing(request), [Path(file) for file in files or ()]
        yield {self._parts.files: None}
        await self._add(desk, uploads=uploads)

    @_shown
    async def add_folder(self, files: Sequence[str] | None, request: gr.Request) -> Updates:
        """A folder was uploaded."""
        desk, uploads = self._editing(request), visible([Path(file) for file in files or ()])
        yield {self._parts.folder: None}
        await self._add(desk, uploads=uploads)

    @_shown
    async def fetch(self, addresses: str, request: gr.Request) -> Updates:
        """Addresses were given, one in each line."""
        desk, wanted = self._editing(request), [line.strip() for line in str(addresses).splitlines() if line.strip()]
        await self._add(desk, addresses=wanted[:_MOST_ADDRESSES])
        yield {self._parts.addresses: ""}

    @_shown
    async def read(self, place: str, request: gr.Request) -> Updates:
        """A file or folder of this machine was named, which only its owner may do."""
        desk, place = self._desk(request), str(place).strip()
        desk.visitor.must("admin")
        path = Path(place).expanduser()
        if not place or not path.is_absolute():
            raise SourceError(
                f"{place or 'Nothing'} is no full path.", hint="Give a path from the root of this machine."
            )
        await asyncio.to_thread(check_path, path)
        await self._add(desk, places=[str(path)])
        yield {self._parts.place: ""}

    @_shown
    async def search(self, query: str, strategy: str, k: float | None, request: gr.Request) -> Updates:
        """Try a search."""
        desk, query = self._desk(request), str(query)
        if desk.look.kb is None or not query.strip():
            raise EmptyQuery("The query is empty.", hint="Type what to look for.")
        found = await asyncio.to_thread(self._search, desk.look.kb, query, str(strategy), int(k or 1))
        yield {self._parts.results: [piece("found", results(desk.visitor.words, found, query=query))]}

    @_shown
    async def reparse(self, request: gr.Request) -> Updates:
        """Read all documents again."""
        desk = self._editing(request)
        if kb := desk.look.kb:
            work = Rereading(app=self._shop.opening.app(), kb=kb)
            self._shop.begin(kb, desk.visitor.owner, "reparse", work)
        yield {}

    @_shown
    async def reembed(self, model: str | None, request: gr.Request) -> Updates:
        """Embed all documents with another model."""
        desk = self._editing(request)
        known = await asyncio.to_thread(models, self._shop.settings)
        if (kb := desk.look.kb) and model in known:
            work = Reembedding(app=self._shop.opening.app(), kb=kb, model=model)
            self._shop.begin(kb, desk.visitor.owner, "reembed", work)
        yield {}

    async def _add(self, desk: Desk, **what: Any) -> None:
        """Read into the knowledge base that is looked at; the configured one is made when there is none."""
        shop = self._shop
        if not any(what.values()):
            return
        if len(what.get("uploads", ())) > MOST_FILES:
            raise SourceError(f"At most {MOST_FILES} files are read at once.", hint="Add them as one ZIP.")
        app = await asyncio.to_thread(shop.opening.app)
        if desk.look.kb is None:
            await asyncio.to_thread(app.library.create, shop.settings.kb)
            desk.choose(shop.settings.kb)
        kb = desk.look.kb or shop.settings.kb
        shop.begin(kb, desk.visitor.owner, "add", Adding(app=app, shelf=shop.shelf, kb=kb, **what))

    def _search(self, kb: str, query: str, strategy: str, k: int) -> Ledger:
        plan = load_strategy(strategy)
        result = self._shop.stock.open(kb).search(query, strategy=strategy, k=everything(plan))
        return ledger(result, plan, k=max(1, min(k, MOST_HITS)), hidden=self._shop.stock.hidden(kb))

    def _state(self, desk: Desk) -> tuple[object, ...]:
        """What a tab's screen depends on."""
        shop = self._shop
        tick = int(time.monotonic() / _LOOK_AGAIN_S)
        return shop.opening.done(), shop.jobs.version, shop.undoing.version, desk.look, tick

    def _changed(self, before: Screen, screen: Screen) -> dict[Any, Any]:
        parts = self._parts
        updates: dict[Any, Any] = {
            part: list(new) if isinstance(new, tuple) else new
            for part, old, new in (
                (parts.numbers, before.numbers, screen.numbers),
                (parts.activity, before.activity, screen.activity),
                (parts.documents, before.documents, screen.documents),
            )
            if new != old
        }
        if (before.names, before.kb) != (screen.names, screen.kb):
            updates[parts.kb] = gr.Dropdown(choices=list(screen.names), value=screen.kb)
        return updates

    def _editing(self, request: gr.Request) -> Desk:
        desk = self._desk(request)
        desk.visitor.must("editor")
        return desk

    def _desk(self, request: gr.Request) -> Desk:
        return self._desks.of(request.session_hash or "", visitor_of(request.request.scope))
