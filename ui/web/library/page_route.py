"""Serves the pages of documents as images to whoever may see the library."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.responses import Response

from configs.errors import AppError
from ui.web.downloads import PRIVATE, not_found
from ui.web.library.stock import DOCUMENT, KB
from ui.web.library.workshop import Workshop
from ui.web.visitor import visitor_of

log = logging.getLogger(__name__)

_PAGE_DIGITS = 6


def serve_pages(server: FastAPI, shop: Workshop) -> None:
    """`GET /library/KB/DOCUMENT/page/N` is an image."""

    @server.get("/library/{kb}/{document_id}/page/{page}")
    async def page(request: Request, kb: str, document_id: str, page: str) -> Response:
        gone = {(KB, kb), (DOCUMENT, kb, document_id)} & shop.undoing.gone()
        if not shop.opening.done() or gone or not (page.isascii() and page.isdecimal() and len(page) <= _PAGE_DIGITS):
            return not_found()
        try:
            visitor_of(request.scope).must("reader")
            image = await shop.sheets.image(kb, document_id, int(page))
        except (AppError, OSError) as error:
            log.info("A page cannot be served: %s", error)
            return not_found()
        return Response(image, media_type="image/png", headers=PRIVATE)
