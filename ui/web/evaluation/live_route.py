"""Draws the evaluation tab in the browser as server-sent events, and takes what is done there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Body, FastAPI, Query, Request
from fastapi.responses import Response, StreamingResponse

from ui.web.downloads import PRIVATE
from ui.web.evaluation.watching import Watching
from ui.web.visitor import visitor_of

_SILENT_S = 10.0
"""Something is sent at least that often, so that both ends notice a connection that is dead."""

TabName = Annotated[str, Query(pattern="^[0-9a-f]{16}$")]


def serve_live(server: FastAPI, watching: Watching) -> None:
    """`GET /evaluation/live?tab=NAME` tells `{region: HTML}`, `POST /evaluation/act?tab=NAME` takes `{"act": …}`.

    The streams end as soon as the event `server.state.closing` is set.
    """

    @server.get("/evaluation/live")
    async def live(request: Request, tab: TabName) -> StreamingResponse:
        visitor = visitor_of(request.scope)
        visitor.must("reader")
        told = watching.drawn(visitor, tab, lambda: not server.state.closing.is_set())
        headers = {**PRIVATE, "X-Accel-Buffering": "no"}
        return StreamingResponse(_lines(told), media_type="text/event-stream", headers=headers)

    @server.post("/evaluation/act")
    async def act(request: Request, tab: TabName, data: Annotated[dict[str, Any], Body()]) -> Response:
        if isinstance(name := data.get("act"), str):
            await watching.do(visitor_of(request.scope), tab, name, data)
        return Response(status_code=204, headers=PRIVATE)


async def _lines(told: AsyncIterator[dict[str, str]]) -> AsyncIterator[str]:
    """Events, and an empty one where there was none for long."""
    coming = asyncio.ensure_future(anext(told))
    try:
        while True:
            done, _ = await asyncio.wait({coming}, timeout=_SILENT_S)
            if not done:
                yield "data: {}\n\n"
                continue
            yield f"data: {json.dumps(coming.result())}\n\n"
            coming = asyncio.ensure_future(anext(told))
    except StopAsyncIteration:
        return
    finally:
        coming.cancel()
