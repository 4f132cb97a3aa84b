"""Ends what nobody needs before it is read: bodies larger than any of ours, and uploads of who may not add."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.web.downloads import PRIVATE
from ui.web.visitor import visitor_of

UPLOAD = "/gradio_api/upload"
DATASET = "/evaluation/datasets"
MOST_BYTES = 16 << 20
"""The largest body that is no upload: four million characters of questions to import."""


class Limits:
    """Uploads are for editors and at most `upload_bytes` together; a dataset limits itself."""

    def __init__(self, app: ASGIApp, *, upload_bytes: int) -> None:
        self._app, self._upload_bytes = app, upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD") or scope["path"] == DATASET:
            await self._app(scope, receive, send)
            return
        is_upload = scope["path"].startswith(UPLOAD)
        if is_upload and not visitor_of(scope).can("editor"):
            await _told("NotAllowed", "Only editors add documents.", 403)(scope, receive, send)
            return
        limited = _Limited(receive, self._upload_bytes if is_upload else MOST_BYTES)
        if limited.declares_too_much(scope):
            await _told("TooLarge", limited.sentence, 413)(scope, receive, send)
            return
        await self._app(scope, limited, send)


class _Limited:
    """Ends a body that comes to be too large, as if its sender had gone."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._most, self._came = receive, most, 0
        self.sentence = f"At most {most >> 20} MiB are taken at once."

    def declares_too_much(self, scope: Scope) -> bool:
        length = Headers(scope=scope).get("content-length", "0")
        return length.isdecimal() and int(length) > self._most

    async def __call__(self) -> Message:
        message = await self._receive()
        self._came += len(message.get("body", b""))
        return {"type": "http.disconnect"} if self._came > self._most else message


def _told(kind: str, message: str, status: int) -> JSONResponse:
    return JSONResponse({"error": {"type": kind, "message": message, "hint": ""}}, status, headers=PRIVATE)
