"""Everything about one span, as HTML: figures, and what was said, escaped and as it was written; pure."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from agents.tracing.spans import Span
from ui.visible import visible
from ui.web.listing import base_name
from ui.web.traces.kinds import agent_of, duration, kind_of, state_of, title
from ui.web.words import Words, catalogue

_MESSAGES = ("gen_ai.input.messages", "gen_ai.output.messages")
_DOCUMENTS, _TOOLS = "gen_ai.retrieval.documents", "gen_ai.tool.definitions"
_ARGUMENTS = "gen_ai.tool.call.arguments"
_TEXTS = {
    "gen_ai.retrieval.query.text": "query",
    "roundtable.plan.query": "query",
    "roundtable.plan.queries": "query_variant",
    "roundtable.step.inputs": "inputs",
    "roundtable.step.outputs": "outputs",
    "roundtable.approval.why": "why",
    "roundtable.approval.reason": "reason",
    "roundtable.approval.code": "allowed_code",
    "roundtable.code.text": "code",
    "roundtable.code.stdout": "stdout",
    "roundtable.code.stderr": "stderr",
    "gen_ai.tool.call.result": "result",
    "roundtable.note.text": "note",
    "roundtable.compacted.summary": "summary",
    "roundtable.hint": "hint",
}
_NAMED = {
    "gen_ai.request.model": "model",
    "gen_ai.usage.input_tokens": "tokens_in",
    "gen_ai.usage.output_tokens": "tokens_out",
    "roundtable.cost_usd": "cost_usd",
    "gen_ai.response.time_to_first_chunk": "first_token_s",
}
_SHOWN = (*_MESSAGES, _DOCUMENTS, _TOOLS, _ARGUMENTS, *_TEXTS, "gen_ai.conversation.id", "gen_ai.agent.name")


def details(span: Span, words: Words, *, begin: float, live: bool) -> str:
    """A region with a heading that can be focused; `begin` is when its turn began."""
    heading = html.escape(visible(title(span, words)))
    failed = state_of(span, live=live) == "failed"
    error = f'<p class="failure">{_text(span.status_message)}</p>' if failed else ""
    texts = "".join((*_messages(span, words), *_arguments(span, words), *_texts(span, words), *_documents(span, words)))
    return (
        f'<section class="details kind-{kind_of(span)}" aria-label="{heading}"><header><h3 tabindex="-1">{heading}</h3>'
        f'<button type="button" class="close" aria-label="{html.escape(words("traces.close"))}">×</button></header>'
        f"{error}{_figures(span, words, begin)}{texts}{_tools(span, words)}</section>"
    )


def _figures(span: Span, words: Words, begin: float) -> str:
    """What people ask for by its name in words, the rest by the names of the trace."""
    told: dict[str, Any] = {
        words("traces.agent"): agent_of(span),
        words("traces.started"): f"+{duration((span.start - begin) * 1000, words)}",
        words("traces.took"): duration((span.end - span.start) * 1000, words),
    }
    told |= {words(f"traces.{label}"): span.attributes.get(name) for name, label in _NAMED.items()}
    others = {name.removeprefix("roundtable."): span.attributes[name] for name in span.attributes if _is_other(name)}
    rows = "".join(f"<dt>{html.escape(n)}</dt><dd>{_text(v)}</dd>" for n, v in told.items() if v not in (None, ""))
    rows += "".join(f"<dt><code>{html.escape(name)}</code></dt><dd>{_text(v)}</dd>" for name, v in others.items())
    return f"<dl>{rows}</dl>"


def _is_other(name: str) -> bool:
    return name not in _SHOWN and name not in _NAMED


def _messages(span: Span, words: Words) -> Iterator[str]:
    for name in _MESSAGES:
        for message in _parsed(span.attributes.get(name), []):
            for part in message["parts"]:
                yield _said(_role(message["role"], words), _part(part, words))


def _part(part: Mapping[str, Any], words: Words) -> str:
    if part["type"] == "tool_call":
        return words("traces.calls", tool=part["name"], arguments=_json(part["arguments"]))
    return str(part["content"]) if part["type"] == "text" else _json(part["response"])


def _arguments(span: Span, words: Words) -> Iterator[str]:
    given = _parsed(span.attributes.get(_ARGUMENTS), {})
    for name, value in given.items() if isinstance(given, Mapping) else [("", given)]:
        yield _said(words("traces.argument", name=name).strip(), _json(value))


def _texts(span: Span, words: Words) -> Iterator[str]:
    for name, label in _TEXTS.items():
        for text in _listed(span.attributes.get(name)):
            yield _said(words(f"traces.text_{label}"), text)


def _documents(span: Span, words: Words) -> Iterator[str]:
    for passage in _parsed(span.attributes.get(_DOCUMENTS), []):
        page = words("traces.page", page=passage["page"]) if passage.get("page") else ""
        scores = ", ".join(f"{arm} {score:.3f}" for arm, score in (passage.get("scores") or {}).items())
        told = " · ".join(part for part in (base_name(str(passage.get("source", ""))), page, scores) if part)
        yield _said(f"[{passage.get('marker')}] {told}", str(passage.get("text", "")))


def _tools(span: Span, words: Words) -> str:
    tools = _parsed(span.attributes.get(_TOOLS), [])
    if not tools:
        return ""
    text = _text(json.dumps(tools, ensure_ascii=False, indent=1))
    return f"<details><summary>{html.escape(words('traces.tools', n=len(tools)))}</summary><pre>{text}</pre></details>"


def _said(label: str, text: str) -> str:
    return f'<h4>{_text(label)}</h4><pre tabindex="0">{_text(text)}</pre>'


def _role(role: str, words: Words) -> str:
    key = f"traces.role_{role}"
    return words(key) if key in catalogue() else role


def _parsed(value: Any, otherwise: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value else otherwise


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)


def _listed(value: Any) -> Iterable[str]:
    return [value] if isinstance(value, str) else value or ()


def _text(value: Any) -> str:
    """What anyone wrote: as text, with what nobody would see shown."""
    if isinstance(value, bool):
        return "✓" if value else "✗"
    shown = f"{value:,.6g}" if isinstance(value, float) else str(value)
    return html.escape(visible(shown))
