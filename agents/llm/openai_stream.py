"""One streamed request over the OpenAI SDK, read on a background loop so that it can be left at any moment."""

from __future__ import annotations

import asyncio
import itertools
import logging
import queue
import threading
import time
import weakref
from collections.abc import Callable, Generator, Mapping
from functools import cache
from typing import Any

import openai

from agents.errors import ModelMisbehaved, ModelTimeout, RunStopped
from agents.llm.endpoint import Endpoint
from agents.llm.errors_from_openai import FOREIGN, PASSING, model_error, refuses_streaming, seconds_to_wait
from agents.llm.openai_wire import Chunk
from agents.ports import StopSignal

_POLL_S = 0.05
_INDISCREET = ("httpx2", "httpcore2")
"""Loggers that write addresses with their password, and headers in which an endpoint may echo the key."""
_WAYS_TO_ASK: tuple[Mapping[str, Any], ...] = (
    {"stream": True, "stream_options": {"include_usage": True}},
    {"stream": True},
    {},
)


class ChunkStream:
    """Requests to one endpoint; connections are kept alive between them and closed with this object."""

    def __init__(self, endpoint: Endpoint, *, timeout_s: float, max_retries: int) -> None:
        self._endpoint = endpoint
        self._timeout_s = timeout_s
        self._max_retries = max_retries
        self._way = 0
        for name in _INDISCREET:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = openai.AsyncOpenAI(
            api_key=endpoint.key.get_secret_value(), base_url=endpoint.base_url, timeout=None, max_retries=0
        )
        weakref.finalize(self, _close, self._client).atexit = False

    def chunks(self, body: Mapping[str, Any], stop: StopSignal) -> Generator[Chunk]:
        """The chunks of one reply as they arrive; leaving the iteration closes the connection.

        The first comes within `timeout_s`, retries included, and each other `timeout_s` after the one before, or
        ModelTimeout is raised. Raises a ModelError for every failure, RunStopped as soon as `stop` is set.
        """
        inbox: queue.SimpleQueue[Chunk | None] = queue.SimpleQueue()
        task = asyncio.run_coroutine_threadsafe(self._feed(body, inbox.put), _loop())
        task.add_done_callback(lambda _: inbox.put(None))
        try:
            while (chunk := self._next(inbox, stop)) is not None:
                yield chunk
            task.result()
        finally:
            task.cancel()

    def _next(self, inbox: queue.SimpleQueue[Chunk | None], stop: StopSignal) -> Chunk | None:
        deadline = time.monotonic() + self._timeout_s
        while not stop.is_set():
            try:
                return inbox.get(timeout=_POLL_S)
            except queue.Empty:
                if time.monotonic() >= deadline:
                    raise ModelTimeout(
                        f"{self._endpoint} sent nothing for {self._timeout_s:g} s.",
                        hint="Check the server, or raise ROUNDTABLE_LLM__TIMEOUT_S.",
                    ) from None
        raise RunStopped("The run was stopped.")

    async def _feed(self, body: Mapping[str, Any], put: Callable[[Chunk], None]) -> None:
        give_up_at = time.monotonic() + self._timeout_s
        spoken = False

        def hand_out(chunk: Chunk) -> None:
            nonlocal spoken
            spoken = spoken or chunk.speaks
            put(chunk)

        for attempt in itertools.count():
            try:
                await self._ask(body, hand_out)
            except FOREIGN as error:
                failure, wait_s = model_error(error, self._endpoint), seconds_to_wait(error, attempt)
                last = attempt >= self._max_retries or time.monotonic() + wait_s > give_up_at
                if spoken or last or not isinstance(failure, PASSING):
                    raise failure from None
                await asyncio.sleep(wait_s)
            else:
                return

    async def _ask(self, body: Mapping[str, Any], put: Callable[[Chunk], None]) -> None:
        for way in range(self._way, len(_WAYS_TO_ASK)):
            try:
                await self._request({**body, **_WAYS_TO_ASK[way]}, put)
            except FOREIGN as error:
                if not refuses_streaming(error) or way == len(_WAYS_TO_ASK) - 1:
                    raise
            else:
                self._way = way
                return

    async def _request(self, body: Mapping[str, Any], put: Callable[[Chunk], None]) -> None:
        create: Callable[..., Any] = self._client.chat.completions.with_streaming_response.create
        async with create(**body) as response:
            media_type = response.headers.get("content-type", "")
            if "html" in media_type:
                raise ValueError(media_type)
            if "json" in media_type:
                put(self._checked(Chunk.model_validate_json(await response.read())))
            else:
                async for event in await response.parse():
                    put(self._checked(Chunk.model_validate(event)))

    def _checked(self, chunk: Chunk) -> Chunk:
        if chunk.error:
            raise ModelMisbehaved(
                f"{self._endpoint} failed while answering: {self._endpoint.quote(str(chunk.error))}",
                hint="Ask again, or look at the server's log.",
            )
        return chunk


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="language-model", daemon=True).start()
    return loop


def _close(client: openai.AsyncOpenAI) -> None:
    asyncio.run_coroutine_threadsafe(client.close(), _loop())
