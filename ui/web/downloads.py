"""Files of this machine as answers that no browser opens by itself."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from fastapi.responses import PlainTextResponse, Response, StreamingResponse

from ui.web.listing import base_name

PRIVATE = {"Cache-Control": "private, no-store"}


def attachment(name: str, pieces: Iterator[bytes]) -> Response:
    """A file to be saved under the last part of `name`, whatever it holds."""
    disposition = f"attachment; filename*=UTF-8''{quote(base_name(name), safe='', errors='replace')}"
    return StreamingResponse(
        pieces, media_type="application/octet-stream", headers={**PRIVATE, "Content-Disposition": disposition}
    )


def not_found(sentence: str = "Not found.") -> Response:
    """One sentence, which tells strangers nothing."""
    return PlainTextResponse(f"{sentence}\n", 404, headers=PRIVATE)
