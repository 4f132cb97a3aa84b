"""Serves pages and originals of opened evidence; whoever has not opened it is told nothing."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.responses import Response

from configs.errors import AppError
from ui.web.downloads import PRIVATE, attachment, not_found
from ui.web.exhibits import Exhibits
from ui.web.session import session_of

log = logging.getLogger(__name__)

_PAGE_DIGITS = 6


def serve_exhibits(server: FastAPI, exhibits: Exhibits) -> None:
    """`GET /evidence/KB/DOCUMENT/CHUNK/PAGE` is an image, `…/original` the file to download."""

    @server.get("/evidence/{kb}/{document_id}/{chunk_id}/{part}")
    async def evidence(request: Request, kb: str, document_id: str, chunk_id: str, part: str) -> Response:
        exhibit = exhibits.find(session_of(request.scope), (kb, document_id, chunk_id))
        try:
            if exhibit and part == "original":
                return attachment(*await exhibits.original(exhibit))
            if exhibit and part.isdecimal() and len(part) <= _PAGE_DIGITS:
                image = await exhibits.image(exhibit, int(part))
                return Response(image, media_type="image/png", headers=PRIVATE)
        except (AppError, OSError) as error:
            log.info("Evidence that was opened cannot be served: %s", error)
        return not_found()
