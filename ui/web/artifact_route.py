"""Serves what code made to the browsers that were shown it; everyone else is told nothing."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.responses import Response, StreamingResponse

from ui.web.downloads import PRIVATE, attachment, not_found
from ui.web.gallery import Gallery
from ui.web.session import session_of

log = logging.getLogger(__name__)


def serve_artifacts(server: FastAPI, gallery: Gallery) -> None:
    """`GET /artifacts/ID/view` is a picture to look at, `…/file` the file to download."""

    @server.get("/artifacts/{artifact_id}/{part}")
    async def artifact(request: Request, artifact_id: str, part: str) -> Response:
        found = gallery.find(session_of(request.scope), artifact_id)
        try:
            if found and part == "file":
                return attachment(found.name, await gallery.file(found))
            if found and found.is_picture and part == "view":
                pieces = await gallery.picture(found)
                return StreamingResponse(pieces, media_type=found.media_type, headers=PRIVATE)
        except OSError as error:
            log.info("What code made cannot be served: %s", error)
            return not_found("The file is no longer there, or is not what it was.")
        return not_found()
