"""Serves pages and originals of opened evidence; whoever has not opened it is told nothing."""

from __future__ import annotations

import logging
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse

from configs.errors import AppError
from ui.web.exhibits import Exhibit, Exhibits
from ui.web.listing import base_name
from ui.web.session import session_of

log = logging.getLogger(__name__)

_PAGE_DIGITS = 6
_PRIVATE = {"Cache-Control": "private, no-store"}


def serve_exhibits(server: FastAPI, exhibits: Exhibits) -> None:
    """`GET /evidence/KB/DOCUMENT/CHUNK/PAGE` is an image, `…/original` the file to download."""

    @server.get("/evidence/{kb}/{document_id}/{chunk_id}/{part}")
    async def evidence(request: Request, kb: str, document_id: str, chunk_id: str, part: str) -> Response:
        exhibit = exhibits.find(session_of(request.scope), (kb, document_id, chunk_id))
        try:
            if exhibit and part == "original":
                return await _original(exhibits, exhibit)
            if exhibit and part.isdecimal() and len(part) <= _PAGE_DIGITS:
                image = await exhibits.image(exhibit, int(part))
                return Response(image, media_type="image/png", headers=_PRIVATE)
        except (AppError, OSError) as error:
            log.info("Evidence that was opened cannot be served: %s", error)
        return PlainTextResponse("Not found.\n", 404, headers=_PRIVATE)


async def _original(exhibits: Exhibits, exhibit: Exhibit) -> Response:
    source, pieces = await exhibits.original(exhibit)
    disposition = f"attachment; filename*=UTF-8''{quote(base_name(source), safe='')}"
    return StreamingResponse(
        pieces, media_type="application/octet-stream", headers={**_PRIVATE, "Content-Disposition": disposition}
    )
