"""A language model behind any OpenAI-compatible endpoint."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.errors import ModelContextExceeded, ModelTimeout, ModelUnreachable
from agents.llm.assembly import Assembly
from agents.llm.context_limit import DEFAULT
from agents.llm.endpoint import Endpoint
from agents.llm.model_table import entry
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
    """Streams every reply; one instance may serve several threads. Raises ConfigError for settings that cannot work.

    `name` is the model's in the settings, empty for the default one; `table` a model table that goes before ours.
    """

    def __init__(self, settings: LLMSettings, *, name: str = "", table: Path | None = None) -> None:
        self._settings = settings
        self._endpoint = Endpoint.of(settings, name)
        self._known = entry(self._endpoint.model, table)
        self._learned: int | None = None
        self._stated: int | None = None
        self._has_asked = False

    @property
    def parameters(self) -> Mapping[str, Any]:
        """`provider`, `model` and what of the sampling is set."""
        return {"provider": self._settings.provider, "model": self._endpoint.model, **self._sampling}

    def context_tokens(self) -> int:
        """What the endpoint stated when a request was too long, else the setting, the model table, or its own list.

        The list is asked for once, when nothing else is known, and waited for 2 s. When it does not say: 8192.
        """
        told = self._learned or self._settings.context_tokens or self._known.context_tokens
        return told or self._asked_for() or DEFAULT

    def complete(self, request: ModelRequest, *, on_token: Callable[[str], None], stop: StopSignal) -> ModelReply:
        """The whole reply, of the first choice when `n` asks for more.

        Until the first token a connection error, 429 or 5xx is tried again up to `max_retries` times, as long as
        that fits in `timeout_s`. Token counts the endpoint does not give are estimated.
        """
        assembly = Assembly(self._endpoint, request, on_token)
        try:
            self._read(assembly, request, stop)
        except ModelContextExceeded as error:
            self._learned = error.limit or self._learned
            raise
        except (ModelUnreachable, ModelTimeout):
            if not assembly.finished:
                raise
        reply = assembly.reply()
        return replace(reply, cost=self._known.cost(reply.prompt_tokens, reply.completion_tokens))

    def _read(self, assembly: Assembly, request: ModelRequest, stop: StopSignal) -> None:
        with closing(self._stream.chunks(self._body(request), stop, assembly.count_try)) as chunks:
            for chunk in chunks:
                assembly.add(chunk)

    def _body(self, request: ModelRequest) -> dict[str, Any]:
        messages = [dict(message) for message in request.messages]
        tools = {"tools": [dict(tool) for tool in request.tools]} if request.tools else {}
        return _sendable({"model": self._endpoint.model, "messages": messages, **tools, **self._sampling})

    @property
    def _sampling(self) -> dict[str, Any]:
        return self._settings.model_dump(include=_SAMPLING, exclude_none=True)

    def _asked_for(self) -> int | None:
        """What the endpoint says, asked once; no cached_property, which would make other models wait before 3.12."""
        if not self._has_asked:
            self._has_asked, self._stated = True, self._stream.stated_limit()
        return self._stated

    @cached_property
    def _stream(self) -> ChunkStream:
        from agents.llm.openai_stream import ChunkStream

        settings = self._settings
        return ChunkStream(self._endpoint, timeout_s=settings.timeout_s, max_retries=settings.max_retries)


def _sendable(body: Mapping[str, Any]) -> dict[str, Any]:
    """`body` with `?` for half characters (as in undecodable file names), which no JSON request can carry."""
    sent: dict[str, Any] = json.loads(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))
    return sent
