"""The trace of a conversation as text for people: a tree of what happened, with figures and what was said; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from agents.sandbox.output import plain
from ui.visible import visible

Result = dict[str, Any]

_INDENT = "  "
_BAR = "| "
"""Begins every line that somebody wrote, so that no text can look like a span."""
_MESSAGES = ("gen_ai.input.messages", "gen_ai.output.messages")
_DOCUMENTS = "gen_ai.retrieval.documents"
_TEXTS = {
    "gen_ai.retrieval.query.text": "query",
    "gen_ai.tool.call.arguments": "arguments",
    "gen_ai.tool.call.result": "result",
    "roundtable.plan.query": "query",
    "roundtable.plan.queries": "or",
    "roundtable.step.inputs": "in",
    "roundtable.step.outputs": "out",
    "roundtable.approval.why": "asked because",
    "roundtable.approval.reason": "answer",
    "roundtable.approval.code": "allowed code",
    "roundtable.code.text": "code",
    "roundtable.code.stdout": "stdout",
    "roundtable.code.stderr": "stderr",
    "roundtable.note.text": "note",
    "roundtable.compacted.summary": "summary",
}
_OURS = "roundtable."
_HEADED = ("cost_usd", "usage.cost_usd", "usage.input_tokens", "usage.output_tokens", "message_id", "hint")
"""Figures that stand elsewhere, or are for machines."""


def trace(document: Result) -> str:
    """`{conversation_id, spans: [Span.as_dict, …]}` as a tree; under each span what was said, where that is there."""
    spans: list[Result] = document["spans"]
    known = {span["span_id"] for span in spans}
    inside: dict[str, list[Result]] = {}
    for span in sorted(spans, key=lambda span: span["start"]):
        inside.setdefault(span["parent_id"] if span["parent_id"] in known else "", []).append(span)
    title = f"conversation {_line(document['conversation_id'])}"
    return "\n".join([title, *_tree(inside, "", "")])


def _tree(inside: Mapping[str, list[Result]], parent: str, indent: str) -> Iterator[str]:
    for span in inside.get(parent, ()):
        yield indent + _head(span)
        yield from (f"{indent}{_INDENT}{_INDENT}{_BAR}{line}".rstrip() for line in _said(span["attributes"]))
        yield from _tree(inside, span["span_id"], indent + _INDENT)


def _head(span: Result) -> str:
    told = span["attributes"]
    parts = [_line(span["name"]), f"{span['ms']:,.1f} ms", *_tokens(told), *_cost(told), *_figures(told)]
    if span["status"] == "error":
        parts.append(f"ERROR {_line(span['status_message'])}")
    return "  ".join(parts)


def _tokens(told: Mapping[str, Any]) -> list[str]:
    counts = [_either(told, f"usage.{direction}_tokens") for direction in ("input", "output")]
    return [f"{counts[0] or 0:,}+{counts[1] or 0:,} tokens"] if any(counts) else []


def _cost(told: Mapping[str, Any]) -> list[str]:
    cost = told.get("roundtable.cost_usd") or told.get("roundtable.usage.cost_usd")
    return [f"${cost:.6f}"] if cost else []


def _either(told: Mapping[str, Any], name: str) -> Any:
    return told.get(f"gen_ai.{name}") or told.get(f"{_OURS}{name}")


def _figures(told: Mapping[str, Any]) -> list[str]:
    names = [name for name in told if name.startswith(_OURS) and name not in _TEXTS]
    shown = [(name.removeprefix(_OURS), told[name]) for name in names]
    return [f"{name}={_line(_figure(value))}" for name, value in shown if name not in _HEADED]


def _figure(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


def _said(told: Mapping[str, Any]) -> Iterator[str]:
    """The lines of all texts of a span: messages, what else was said, then passages."""
    for name in _MESSAGES:
        for message in json.loads(told.get(name, "[]")):
            for part in message["parts"]:
                yield from _labelled(message["role"], _part(part))
    for name, label in _TEXTS.items():
        for text in _listed(told.get(name)):
            yield from _labelled(label, text)
    for passage in json.loads(told.get(_DOCUMENTS, "[]")):
        yield from _labelled(f"[{passage.get('marker')}] {passage.get('source')}", passage.get("text", ""))


def _part(part: Mapping[str, Any]) -> str:
    if part["type"] == "tool_call":
        return f"calls {part['name']}({_json(part['arguments'])})"
    return str(part["content"]) if part["type"] == "text" else f"result {_json(part['response'])}"


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _listed(value: Any) -> Iterable[str]:
    return [value] if isinstance(value, str) else value or ()


def _labelled(label: str, text: str) -> Iterator[str]:
    first, *others = _safe(text).rstrip("\n").split("\n")
    yield f"{_line(label)}: {first}"
    yield from (f"{_INDENT}{line}" for line in others)


def _safe(text: str) -> str:
    """What models, tools and documents say could steer a terminal."""
    return visible(plain(text))


def _line(text: str) -> str:
    return " ".join(_safe(str(text)).split())
