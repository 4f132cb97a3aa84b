"""One streamed request over the OpenAI SDK, read on a background loop so that it can be left at any moment."""

from __future__ import annotations

import asyncio
import itertools
import logging
import queue
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

import openai
from pydantic_core import from_json

from agents.errors import ModelTimeout, RunStopped
from agents.llm.body import TooMuch, clip_error, drain, events, whole
from agents.llm.context_limit import limit_in_list
from agents.llm.endpoint import Endpoint
from agents.llm.errors_from_openai import (
    FOREIGN,
    PASSING,
    error_in_stream,
    model_error,
    refuses_streaming,
    seconds_to_wait,
)
from agents.llm.openai_wire import Chunk
from agents.ports import StopSignal

_POLL_S = 0.05
_MODELS_S = 2.0
_MAX_CHARS = 1_000_000
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
            api_key=endpoint.key.get_secret_value(),
            base_url=endpoint.base_url,
            timeout=None,
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(event_hooks={"response": [clip_error]}),
        )
        weakref.finalize(self, _close, self._client).atexit = False

    def chunks(self, body: Mapping[str, Any], stop: StopSignal, on_try: Callable[[], None]) -> Generator[Chunk]:
        """The chunks of one reply as they arrive; leaving the iteration closes the connection.

        The first that brings the reply further comes within `timeout_s`, retries included, and each other `timeout_s`
        after the one before, or ModelTimeout is raised. `on_try` is called before every HTTP request. Raises a
        ModelError for every failure, RunStopped as soon as `stop` is set.
        """
        inbox: queue.SimpleQueue[Chunk | None] = queue.SimpleQueue()
        task = asyncio.run_coroutine_threadsafe(self._feed(body, inbox.put, on_try), _loop())
        task.add_done_callback(lambda _: inbox.put(None))
        deadline = time.monotonic() + self._timeout_s
        try:
            while (chunk := self._next(inbox, stop, deadline)) is not None:
                yield chunk
                if chunk.size:
                    deadline = time.monotonic() + self._timeout_s
            task.result()
        finally:
            task.cancel()

    def stated_limit(self) -> int | None:
        """How many tokens the endpoint's list of models says the model reads; None when it does not within 2 s."""
        asked = asyncio.run_coroutine_threadsafe(asyncio.wait_for(self._models(), _MODELS_S), _loop())
        try:
            return limit_in_list(asked.result(), self._endpoint.model)
        except (*FOREIGN, asyncio.TimeoutError):
            return None

    async def _models(self) -> Any:
        async with self._client.models.with_streaming_response.list() as response:
            return from_json(await whole(response.iter_bytes()))

    def _next(self, inbox: queue.SimpleQueue[Chunk | None], stop: StopSignal, deadline: float) -> Chunk | None:
        while not stop.is_set():
            chunk = None
            with suppress(queue.Empty):
                chunk = inbox.get(timeout=_POLL_S)
                if chunk is None or chunk.size:
                    return chunk
            if time.monotonic() >= deadline:
                raise ModelTimeout(
                    f"{self._endpoint} said nothing for {self._timeout_s:g} s.",
                    hint=self._endpoint.advise("Check the server, or raise ROUNDTABLE_LLM__TIMEOUT_S."),
                )
            if chunk is not None:
                return chunk
        raise RunStopped("The run was stopped.")

    async def _feed(self, body: Mapping[str, Any], put: Callable[[Chunk], None], on_try: Callable[[], None]) -> None:
        give_up_at = time.monotonic() + self._timeout_s
        spoken = False

        def hand_out(chunk: Chunk) -> None:
            nonlocal spoken
            spoken = spoken or chunk.speaks
            put(chunk)

        for attempt in itertools.count():
            try:
                await self._ask(body, hand_out, on_try)
            except FOREIGN as error:
                failure, wait_s = model_error(error, self._endpoint), seconds_to_wait(error, attempt)
                last = attempt >= self._max_retries or time.monotonic() + wait_s > give_up_at
                if spoken or last or not isinstance(failure, PASSING):
                    raise failure from None
                await asyncio.sleep(wait_s)
            else:
                return

    async def _ask(self, body: Mapping[str, Any], put: Callable[[Chunk], None], on_try: Callable[[], None]) -> None:
        for way in range(self._way, len(_WAYS_TO_ASK)):
            on_try()
            try:
                await self._request(body, _WAYS_TO_ASK[way], put)
            except FOREIGN as error:
                if not refuses_streaming(error) or way == len(_WAYS_TO_ASK) - 1:
                    raise
            else:
                self._way = way
                return

    async def _request(self, body: Mapping[str, Any], way: Mapping[str, Any], put: Callable[[Chunk], None]) -> None:
        """Ask in that way. As `extra_body` the SDK sends the messages as they are; checking 20 takes it 10 ms."""
        create: Callable[..., Any] = self._client.chat.completions.with_streaming_response.create
        async with create(model=body["model"], messages=[], extra_body=dict(body), **way) as response:
            media_type = response.headers.get("content-type", "")
            if "html" in media_type:
                raise ValueError(media_type)
            if "json" in media_type:
                put(self._chunk(await whole(response.iter_bytes())))
            else:
                await self._read(response.iter_bytes(), put)

    async def _read(self, body: AsyncIterator[bytes], put: Callable[[Chunk], None]) -> None:
        size = 0
        async for data in events(body):
            chunk = self._chunk(data)
            size += max(1, chunk.size)
            if size > _MAX_CHARS:
                raise TooMuch
            put(chunk)
        await drain(body)

    def _chunk(self, data: bytes) -> Chunk:
        chunk = Chunk.model_validate_json(data)
        if chunk.failure:
            raise error_in_stream(chunk.failure, self._endpoint)
        return chunk


_STARTING = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    """The one loop that all requests share."""
    with _STARTING:
        return _started_loop()


@cache
def _started_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="language-model", daemon=True).start()
    return loop


def _close(client: openai.AsyncOpenAI) -> None:
    asyncio.run_coroutine_threadsafe(client.close(), _loop())
