"""What the scripted server may answer: each step is plain data, built by the small functions at the end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

End = Literal["done", "stall", "drop", "close"]


@dataclass(frozen=True, kw_only=True)
class Call:
    name: str
    arguments: str
    id: str


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A chat completion, streamed one word at a time when the request asks for a stream.

    `wait_s` passes before the first byte, `delay_s` between events. With `cut` only that many events are sent; `end`
    then says how the stream ends: done (with [DONE]), stall (open and silent), drop (connection broken), close
    (clean end without [DONE]).
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    finish: str | None = None
    usage: bool = True
    wait_s: float = 0.0
    delay_s: float = 0.0
    cut: int | None = None
    end: End = "done"
    streamed: bool = True


@dataclass(frozen=True, kw_only=True)
class Raw:
    """Bytes of a body exactly as given."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    end: End = "done"


@dataclass(frozen=True)
class Silence:
    """The request is read and never answered."""


Step = Reply | Raw | Silence


def events_of(reply: Reply, request: Mapping[str, Any]) -> list[str]:
    """The `data:` payloads of a streamed reply, in order."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in _words(reply.text)]
    deltas += [{"tool_calls": [part]} for part in _call_parts(reply.calls)]
    choices: list[dict[str, Any]] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": _finish(reply)})
    chunks = [_envelope("chat.completion.chunk", request, choices=[choice]) for choice in choices]
    if reply.usage and (request.get("stream_options") or {}).get("include_usage"):
        chunks.append(_envelope("chat.completion.chunk", request, choices=[], usage=_usage(reply, request)))
    return [json.dumps(chunk, ensure_ascii=False) for chunk in chunks][: reply.cut]


def whole(reply: Reply, request: Mapping[str, Any]) -> bytes:
    """The body of a reply that is not streamed."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    if reply.calls:
        message["tool_calls"] = [
            {"id": made.id, "type": "function", "function": {"name": made.name, "arguments": made.arguments}}
            for made in reply.calls
        ]
    choice = {"index": 0, "message": message, "finish_reason": _finish(reply)}
    usage = _usage(reply, request) if reply.usage else None
    return json.dumps(_envelope("chat.completion", request, choices=[choice], usage=usage), ensure_ascii=False).encode()


def _envelope(kind: str, request: Mapping[str, Any], **rest: Any) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 0, "model": request.get("model", "scripted"), **rest}


def _finish(reply: Reply) -> str:
    return reply.finish or ("tool_calls" if reply.calls else "stop")


def _usage(reply: Reply, request: Mapping[str, Any]) -> dict[str, int]:
    prompt = sum(len(_words(str(message.get("content")))) for message in request.get("messages", ()))
    completion = len(_words(reply.text)) + len(list(_call_parts(reply.calls)))
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9_']+\s*|\s+|.", text, re.DOTALL)


def _call_parts(calls: tuple[Call, ...]) -> Iterator[dict[str, Any]]:
    for index, made in enumerate(calls):
        yield {"index": index, "id": made.id, "type": "function", "function": {"name": made.name, "arguments": ""}}
        for start in range(0, len(made.arguments), 5):
            yield {"index": index, "function": {"arguments": made.arguments[start : start + 5]}}


def say(text: str, **how: Any) -> Reply:
    """A reply of text; `how` is any field of Reply."""
    return Reply(text=text, **how)


def call(name: str, arguments: Mapping[str, Any] | str, *, id: str = "", **how: Any) -> Reply:
    """A reply that calls one tool; `arguments` given as text are sent as they are."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return Reply(calls=(Call(name=name, arguments=text, id=id or f"call_{name}"),), **how)


def calls(*replies: Reply, text: str = "", **how: Any) -> Reply:
    """Several calls in one reply; give each an id when a tool is called twice."""
    return Reply(text=text, calls=tuple(c for reply in replies for c in reply.calls), **how)


def fail(
    status: int,
    message: str = "scripted failure",
    *,
    code: str | None = None,
    retry_after: float | str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Raw:
    """An HTTP error with the error body of the OpenAI API."""
    body = json.dumps({"error": {"message": message, "type": "error", "param": None, "code": code}})
    extra = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Raw(
        body=body.encode(), status=status, headers={"Content-Type": "application/json", **extra, **(headers or {})}
    )


def page(body: str, *, status: int = 200, media_type: str = "text/html") -> Raw:
    """A body of any other kind, such as the page of a proxy."""
    return Raw(body=body.encode(), status=status, headers={"Content-Type": media_type})


def raw_events(*payloads: str, end: End = "done") -> Raw:
    """A stream of these `data:` payloads as they are, malformed ones too."""
    lines = [f"data: {payload}\n\n" for payload in (*payloads, *(["[DONE]"] if end == "done" else []))]
    return Raw(body="".join(lines).encode(), headers={"Content-Type": "text/event-stream"}, end=end)


def silence() -> Silence:
    """No answer at all."""
    return Silence()


def step_of(item: Mapping[str, Any]) -> Step:
    """A step from JSON: `{"say": text}`, `{"call": name, "arguments": {}}`, `{"calls": […]}`, `{"fail": status}`,
    `{"page": html}` or `{"silence": true}`, beside any further argument of the function of that name."""
    makers: dict[str, Callable[..., Step]] = {"say": say, "call": call, "fail": fail, "page": page}
    rest = dict(item)
    for name, make in makers.items():
        if name in item:
            return make(rest.pop(name), **rest)
    if "calls" in item:
        replies = [step_of(one) for one in rest.pop("calls")]
        return calls(*(reply for reply in replies if isinstance(reply, Reply)), **rest)
    if "silence" in item:
        return silence()
    raise ValueError(f"A step must hold say, call, calls, fail, page or silence; got {sorted(item)}.")
