"""A language model behind any OpenAI-compatible endpoint."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cached_property
from typing import TYPE_CHECKING, Any

from agents.llm.assembly import Assembly
from agents.llm.endpoint import Endpoint
from agents.ports import LanguageModel, ModelReply, ModelRequest, StopSignal
from configs.settings import LLMSettings

if TYPE_CHECKING:
    from agents.llm.openai_stream import ChunkStream

_SAMPLING = {
    "temperature",
    "top_p",
    "max_tokens",
    "frequency_penalty",
    "presence_penalty",
    "n",
    "stop",
    "seed",
}


class OpenAICompatible(LanguageModel):
    """Streams every reply; one instance may serve several threads. Raises ConfigError for settings that cannot work."""

    def __init__(self, settings: LLMSettings) -> None:
        self._settings = settings
        self._endpoint = Endpoint.of(settings)

    def complete(self, request: ModelRequest, *, on_token: Callable[[str], None], stop: StopSignal) -> ModelReply:
        """The whole reply, of the first choice when `n` asks for more.

        Until the first token a connection error, 429 or 5xx is tried again up to `max_retries` times, as long as
        that fits in `timeout_s`. Token counts the endpoint does not give are estimated; `cost` stays 0.
        """
        reply = Assembly(self._endpoint, request, on_token)
        with closing(self._stream.chunks(self._body(request), stop)) as chunks:
            for chunk in chunks:
                reply.add(chunk)
        return reply.reply()

    def _body(self, request: ModelRequest) -> dict[str, Any]:
        messages = [dict(message) for message in request.messages]
        tools = {"tools": [dict(tool) for tool in request.tools]} if request.tools else {}
        sampling = self._settings.model_dump(include=_SAMPLING, exclude_none=True)
        return _sendable({"model": self._endpoint.model, "messages": messages, **tools, **sampling})

    @cached_property
    def _stream(self) -> ChunkStream:
        from agents.llm.openai_stream import ChunkStream

        settings = self._settings
        return ChunkStream(self._endpoint, timeout_s=settings.timeout_s, max_retries=settings.max_retries)


def _sendable(body: Mapping[str, Any]) -> dict[str, Any]:
    """`body` with `?` for half characters (as in undecodable file names), which no JSON request can carry."""
    sent: dict[str, Any] = json.loads(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))
    return sent
