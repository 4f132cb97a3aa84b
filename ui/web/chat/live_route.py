"""Streams a conversation to every browser that shows it, as server-sent events; a lost one is made anew."""

from __future__ import annotations

import asyncio
import html
import json
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from configs.errors import AppError
from ui.web import listing
from ui.web.backend import Backend
from ui.web.chat.conversation_list import conversation_list
from ui.web.chat.headline import headline
from ui.web.chat.patches import patch
from ui.web.chat.room import Room
from ui.web.chat.rooms import Rooms
from ui.web.gallery import Gallery
from ui.web.screen import Screen
from ui.web.view import View
from ui.web.visitor import Visitor, visitor_of

_INTERVAL_S = 0.1
"""At most ten updates a second reach a browser."""
_LIST_S = 5.0
"""How soon a list shows what happened outside of this page."""
_SILENT_S = 10.0
"""Something is sent at least that often, so that both ends notice a connection that is dead."""


def serve_live(server: FastAPI, backend: Backend, rooms: Rooms, gallery: Gallery) -> None:
    """`GET /live?conversation=ID`: patches as `ui.web.chat.patches` has them, the first with everything.

    The streams end as soon as the event `server.state.closing` is set.
    """

    @server.get("/live")
    async def live(request: Request, conversation: str = "") -> StreamingResponse:
        watching = _Watching(backend, rooms, gallery, visitor_of(request.scope), conversation)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_told(watching, server.state.closing), media_type="text/event-stream", headers=headers)


async def _told(watching: _Watching, closing: threading.Event) -> AsyncIterator[str]:
    shown: dict[str, Any] = {}
    spoke = time.monotonic()
    while not closing.is_set():
        now = await watching.state()
        told = patch(shown, now)
        if told or time.monotonic() - spoke > _SILENT_S:
            yield f"data: {json.dumps(told, ensure_ascii=False)}\n\n"
            shown, spoke = now, time.monotonic()
        await asyncio.sleep(_INTERVAL_S)


class _Watching:
    """One browser tab that shows one conversation, or none yet."""

    def __init__(
        self, backend: Backend, rooms: Rooms, gallery: Gallery, visitor: Visitor, conversation_id: str
    ) -> None:
        self._backend = backend
        self._rooms = rooms
        self._gallery = gallery
        self._visitor = visitor
        self._id = conversation_id
        self._screens = Screen(visitor.words)
        self._room: Room | None = None
        self._gone: AppError | None = None
        self._drawn: tuple[View | None, dict[str, Any]] = (None, {})
        self._listed: tuple[int, float, str] = (-1, 0.0, "")

    async def state(self) -> dict[str, Any]:
        """Everything the tab shows now."""
        words, ready = self._visitor.words, self._backend.readiness()
        if ready.ready:
            await self._list()
        room = await self._enter(ready=ready.ready)
        return {
            "ready": listing.readiness(ready, words),
            "who": _who(self._visitor.owner),
            "list": self._listed[2],
            "gone": listing.notice(self._gone, words) if self._gone else "",
            "head": headline(room.chat.info, words) if room and room.chat else "",
            **await self._screen(room.view if room else View()),
        }

    async def _enter(self, *, ready: bool) -> Room | None:
        """The room, as soon as there is one; one that was begun a moment ago is there before the application is."""
        if self._id and self._gone is None:
            self._room = self._rooms.known(self._id, self._visitor.owner)
            if self._room is None and ready:
                try:
                    self._room = await asyncio.to_thread(self._rooms.enter, self._id, self._visitor.owner)
                except AppError as error:
                    self._gone = error
        return self._room

    async def _screen(self, view: View) -> dict[str, Any]:
        if self._drawn[0] is not view:
            tables = await self._gallery.show(self._visitor.browser, view)
            self._drawn = view, self._screens.of(view, tables)
        return self._drawn[1]

    async def _list(self) -> None:
        changes, at, _ = self._listed
        if changes != self._rooms.changes or time.monotonic() - at > _LIST_S:
            changes = self._rooms.changes
            infos = await asyncio.to_thread(self._rooms.listed, self._visitor.owner)
            self._listed = changes, time.monotonic(), conversation_list(infos, self._visitor.words)


def _who(owner: str) -> str:
    """The name a person has signed in with, which leads to their account; nothing where nobody signs in."""
    return f'<a href="accounts">{html.escape(owner)}</a>' if owner else ""
