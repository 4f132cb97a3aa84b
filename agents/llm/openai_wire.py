"""What we read of the chat completion protocol; a whole answer and a streamed chunk differ in one name only.

Endpoints leave out what they like, so everything is optional; what is there must have the right shape.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True)


class Function(_Wire):
    """Name and a piece of the arguments' JSON text."""

    name: str | None = None
    arguments: str | None = None


class CallDelta(_Wire):
    """A piece of the tool call number `index`."""

    index: int | None = None
    id: str | None = None
    function: Function | None = None

    @property
    def size(self) -> int:
        """Characters of it."""
        function = self.function or Function()
        return len(self.id or "") + len(function.name or "") + len(function.arguments or "")


class Message(_Wire):
    """A piece of a message, or all of it; what a model thinks before it speaks has two names."""

    content: str | None = None
    refusal: str | None = None
    reasoning: Any = None
    reasoning_content: Any = None
    tool_calls: list[CallDelta] | None = None


class Choice(_Wire):
    """One of the `n` answers."""

    index: int | None = None
    delta: Message | None = None
    message: Message | None = None
    finish_reason: str | None = None


class Usage(_Wire):
    """Tokens as the endpoint counted them."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Chunk(_Wire):
    """A piece of a reply, or all of it."""

    model: str | None = None
    choices: list[Choice] | None = None
    usage: Usage | None = None
    error: Any = None
    object: Any = None
    told: Any = Field(None, alias="message")

    @property
    def first(self) -> Choice:
        """The first of the `n` answers, empty when this chunk is about another."""
        return next((choice for choice in self.choices or () if not choice.index), Choice())

    @property
    def message(self) -> Message:
        """What the first answer says here."""
        return self.first.delta or self.first.message or Message()

    @property
    def failure(self) -> Any:
        """What went wrong, when this is an error in place of a chunk; older servers write it without `error`."""
        return self.error or (self.told if self.object == "error" else None)

    @property
    def speaks(self) -> bool:
        """Whether anything is kept or handed out because of this chunk."""
        message = self.message
        return bool(message.content or message.refusal or message.tool_calls)

    @property
    def size(self) -> int:
        """Characters of text, thoughts and tool calls: 0 for a chunk that brings the reply no further."""
        message = self.message
        texts = (message.content, message.refusal, message.reasoning, message.reasoning_content)
        return sum(len(str(text)) for text in texts if text) + sum(call.size for call in message.tool_calls or ())
