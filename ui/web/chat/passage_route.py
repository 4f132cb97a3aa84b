"""Opens the source of a citation for whoever the conversation belongs to."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from ui.web import evidence
from ui.web.chat.rooms import Rooms
from ui.web.downloads import PRIVATE, not_found
from ui.web.exhibits import Exhibits
from ui.web.visitor import visitor_of


def serve_passages(server: FastAPI, rooms: Rooms, exhibits: Exhibits) -> None:
    """`GET /conversations/ID/passages/MARKER` → `{"html"}`; its pages and original are this browser's from then on."""

    @server.get("/conversations/{conversation}/passages/{marker}")
    async def passage(request: Request, conversation: str, marker: int) -> Response:
        visitor = visitor_of(request.scope)
        room = rooms.known(conversation, visitor.owner)
        exhibit = evidence.exhibit(room.view, room.kb, marker) if room else None
        if room is None or exhibit is None:
            return not_found()
        shown = await exhibits.open(visitor.browser, exhibit)
        return JSONResponse({"html": evidence.passage(room.view, marker, shown, visitor.words)}, headers=PRIVATE)
