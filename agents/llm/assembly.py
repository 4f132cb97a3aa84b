"""Chunks in, one reply out: text as it comes, tool calls put together from their pieces."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from agents.errors import ModelMisbehaved, ModelRefused
from agents.llm.endpoint import Endpoint
from agents.llm.openai_wire import CallDelta, Chunk
from agents.ports import ModelReply, ModelRequest, ToolCall
from retrieval.tokens import count_tokens

_CUT = ("length", "max_tokens", "model_length")
"""How endpoints say that the tokens ran out; the last is Mistral's when those of the context did."""


@dataclass
class _Call:
    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


class Assembly:
    """One reply being written; `on_token` is handed every piece of text in order."""

    def __init__(self, endpoint: Endpoint, request: ModelRequest, on_token: Callable[[str], None]) -> None:
        self._endpoint = endpoint
        self._request = request
        self._on_token = on_token
        self._text: list[str] = []
        self._refusal: list[str] = []
        self._calls: list[_Call] = []
        self._finish: str | None = None
        self._last = Chunk()
        self._usage = (0, 0)
        self._tries = 0

    def count_try(self) -> None:
        """One more HTTP request is made for this reply."""
        self._tries += 1

    @property
    def finished(self) -> bool:
        """Whether the endpoint said that the reply is whole; only its token counts may still come."""
        return self._finish is not None

    def add(self, chunk: Chunk) -> None:
        """Take the next chunk."""
        message = chunk.message
        if message.content:
            self._text.append(message.content)
            self._on_token(message.content)
        if message.refusal:
            self._refusal.append(message.refusal)
        for delta in message.tool_calls or ():
            self._add_call(delta)
        self._finish = chunk.first.finish_reason or self._finish
        if chunk.usage is not None:
            self._usage = (chunk.usage.prompt_tokens or 0, chunk.usage.completion_tokens or 0)
        self._last = chunk if chunk.model else self._last

    def reply(self) -> ModelReply:
        """The whole, without its cost. Raises ModelRefused or ModelMisbehaved when it is not one to show."""
        text = "".join(self._text)
        self._refuse_unusable(text)
        calls = tuple(self._tool_call(call) for call in sorted(self._calls, key=lambda call: call.index))
        asked = [dict(part) for part in (*self._request.messages, *self._request.tools)]
        prompt, completion = self._usage
        return ModelReply(
            text=text,
            tool_calls=calls,
            prompt_tokens=prompt or self._estimate(asked),
            completion_tokens=completion or self._estimate([text, *(call.arguments for call in calls)]),
            model=self._last.model or self._endpoint.model,
            attempts=self._tries,
            cut=self._finish in _CUT,
        )

    def _add_call(self, delta: CallDelta) -> None:
        index = delta.index or 0
        call = next((c for c in reversed(self._calls) if c.index == index), None)
        if call is None or (delta.id and call.id and delta.id != call.id):
            call = _Call(index)
            self._calls.append(call)
        call.id = call.id or delta.id or ""
        if delta.function is not None:
            call.name = call.name or delta.function.name or ""
            call.arguments += delta.function.arguments or ""

    def _refuse_unusable(self, text: str) -> None:
        where, empty = self._endpoint, not text.strip() and not self._calls
        if self._finish is None:
            raise ModelMisbehaved(f"{where} broke off in the middle of its answer.", hint="Ask again.")
        if self._finish == "content_filter":
            raise ModelRefused(f"{where} stopped at its content filter.", hint="Put the question differently.")
        if self._finish == "error":
            raise ModelMisbehaved(f"{where} failed in the middle of its answer.", hint="Ask again.")
        if self._finish == "tool_calls" and not self._calls:
            raise ModelMisbehaved(f"{where} announced a tool call and made none.", hint="Try another model.")
        if self._finish in _CUT and (empty or self._calls):
            raise ModelMisbehaved(
                f"{where} used up its tokens before the answer was complete.",
                hint=where.advise("Raise or unset ROUNDTABLE_LLM__MAX_TOKENS."),
            )
        if empty and self._refusal:
            raise ModelRefused(f"{where} declined: {where.quote(''.join(self._refusal))}", hint="Ask something else.")
        if empty:
            raise ModelMisbehaved(f"{where} gave an empty answer.", hint="Ask again, or try another model.")

    def _tool_call(self, call: _Call) -> ToolCall:
        if not call.name:
            raise ModelMisbehaved(f"{self._endpoint} called a tool without naming it.", hint="Try another model.")
        return ToolCall(id=call.id or f"call_{uuid4().hex}", name=call.name, arguments=call.arguments or "{}")

    def _estimate(self, parts: Sequence[Any]) -> int:
        return count_tokens(json.dumps(parts, ensure_ascii=False), self._endpoint.model)
