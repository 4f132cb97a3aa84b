"""An MCP server behind an address: streamable HTTP, each answer bounded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp.client.streamable_http import streamable_http_client

from agents.tools.mcp.bounds import MESSAGE_BYTES
from agents.tools.mcp.server_file import HttpServer


class _Bounded(httpx2.AsyncByteStream):
    """A body that ends with an error where it becomes too long."""

    def __init__(self, body: httpx2.AsyncByteStream) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MESSAGE_BYTES
        async for part in self._body:
            left -= len(part)
            if left < 0:
                raise httpx2.StreamError(f"An answer of more than {MESSAGE_BYTES:,} bytes.")
            yield part

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._body.aclose()


@asynccontextmanager
async def addressed(server: HttpServer) -> AsyncIterator[Any]:
    """Talk to the server at an address; redirects to another origin are not followed."""
    async with (
        httpx2.AsyncClient(
            headers={**server.headers, "accept-encoding": "identity"},
            timeout=httpx2.Timeout(server.timeout_s, read=None),  # answers are waited for elsewhere
            event_hooks={"response": [_bound]},
        ) as client,
        streamable_http_client(server.url, http_client=client, max_sse_event_size=MESSAGE_BYTES) as streams,
    ):
        yield streams


async def _bound(response: httpx2.Response) -> None:
    """Compressed answers, which were not asked for, are not unpacked."""
    response.headers.pop("content-encoding", None)
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Bounded(response.stream)
