"""The bodies of answers, read as they come and never more than a server may reasonably send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx2

MAX_BYTES = 10_000_000
"""Of one event of a stream, or of a body that is no stream."""

_MAX_ERROR_BYTES = 65_536
_DRAIN_S = 0.1


class TooMuch(ValueError):
    """More came than a reply can be."""


async def whole(body: AsyncIterator[bytes]) -> bytes:
    """All of it. Raises TooMuch."""
    data = bytearray()
    async for piece in body:
        data += piece
        if len(data) > MAX_BYTES:
            raise TooMuch
    return bytes(data)


async def events(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The data of each server-sent event up to the end mark `[DONE]`. Raises TooMuch.

    https://html.spec.whatwg.org/multipage/server-sent-events.html, but a last event may lack the empty line after it.
    """
    data = bytearray()
    async for line in _lines(body):
        if line.startswith(b"data:"):
            data += line[5:].removeprefix(b" ") + b"\n"
        elif not line and data:
            yield bytes(data)
            data.clear()
        if data.startswith(b"[DONE]"):
            return
        if len(data) > MAX_BYTES:
            raise TooMuch
    if data:
        yield bytes(data)


async def _lines(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    rest = bytearray()
    async for piece in body:
        rest += piece
        if b"\n" in piece:
            *lines, tail = bytes(rest).split(b"\n")
            rest = bytearray(tail)
            for line in lines:
                yield line.removesuffix(b"\r")
        if len(rest) > MAX_BYTES:
            raise TooMuch
    if rest:
        yield bytes(rest)


async def drain(body: AsyncIterator[bytes]) -> None:
    """Read on to the end if it is near, so that the connection can be used again."""

    async def rest() -> None:
        async for _ in body:
            pass

    with suppress(asyncio.TimeoutError, httpx2.HTTPError):
        await asyncio.wait_for(rest(), _DRAIN_S)


async def clip_error(response: httpx2.Response) -> None:
    """An event hook: of the body of an error no more is read than anybody wants to know."""
    if not response.is_success and isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Clipped(response.stream)


class _Clipped(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = _MAX_ERROR_BYTES
        async for piece in self._stream:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return

    async def aclose(self) -> None:
        await self._stream.aclose()
