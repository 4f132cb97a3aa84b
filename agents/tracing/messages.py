"""Chat messages as the GenAI semantic conventions of OpenTelemetry have them: a role and parts.

The schemas are gen-ai-input-messages.json, gen-ai-output-messages.json and gen-ai-tool-definitions.json of
https://github.com/open-telemetry/semantic-conventions-genai.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Message = Mapping[str, Any]


def input_messages(messages: Iterable[Message]) -> str:
    """Messages of the OpenAI chat API as JSON text."""
    return as_text([{"role": message.get("role", "user"), "parts": _parts(message)} for message in messages])


def output_messages(reply: Message) -> str:
    """One reply, `{text, tool_calls}`, as JSON text; empty when there is none."""
    parts = _texts(reply.get("text")) + _calls(reply)
    return as_text([{"role": "assistant", "parts": parts}]) if parts else ""


def said(role: str, text: str) -> str:
    """One message of text as JSON text; empty without a text."""
    return as_text([{"role": role, "parts": _texts(text)}]) if text else ""


def tool_definitions(tools: Iterable[Message]) -> str:
    """Tools as the OpenAI chat API describes them, as JSON text; empty without tools."""
    flat = [{"type": "function", **tool.get("function", tool)} for tool in tools]
    return as_text(flat) if flat else ""


def characters(messages: Iterable[Message]) -> int:
    """How much text the messages hold, without the arguments of calls."""
    return sum(len(text["content"]) for message in messages for text in _texts(message.get("content")))


def as_text(value: Any) -> str:
    """JSON that keeps every script as it is."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _parts(message: Message) -> list[dict[str, Any]]:
    if message.get("role") == "tool":
        response = message.get("content") or ""
        return [{"type": "tool_call_response", "id": message.get("tool_call_id"), "response": response}]
    return _texts(message.get("content")) + _calls(message)


def _texts(content: str | Sequence[Message] | None) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "content": content}] if content else []
    return [{"type": "text", "content": part["text"]} for part in content or () if part.get("type") == "text"]


def _calls(message: Message) -> list[dict[str, Any]]:
    return [_call(call, call.get("function", call)) for call in message.get("tool_calls") or ()]


def _call(call: Message, function: Message) -> dict[str, Any]:
    name, arguments = function.get("name", ""), _parsed(function.get("arguments"))
    return {"type": "tool_call", "id": call.get("id"), "name": name, "arguments": arguments}


def _parsed(arguments: Any) -> Any:
    """What the model wrote: an object, or text when it is no JSON."""
    try:
        return json.loads(arguments) if isinstance(arguments, str) else arguments
    except (ValueError, RecursionError):
        return arguments
