"""What a span is, told from its name and what it says about itself; pure."""

from __future__ import annotations

from typing import Literal

from agents.tracing.spans import INTERRUPTED, Span
from ui.web.words import Words

Kind = Literal["turn", "plan", "retrieval", "step", "chat", "agent", "tool", "code", "approval", "note", "compact"]

_BY_OPERATION: dict[str, Kind] = {
    "invoke_workflow": "turn",
    "plan": "plan",
    "retrieval": "retrieval",
    "chat": "chat",
    "invoke_agent": "agent",
    "execute_tool": "tool",
}
_BY_NAME: dict[str, Kind] = {
    "run_code": "code",
    "wait_for_approval": "approval",
    "note": "note",
    "compact": "compact",
}


def kind_of(span: Span) -> Kind:
    """A stage of a retrieval has neither an operation nor a name of ours."""
    operation = str(span.attributes.get("gen_ai.operation.name", ""))
    return _BY_OPERATION.get(operation) or _BY_NAME.get(span.name.split(" ")[0], "step")


def title(span: Span, words: Words) -> str:
    """What happened, in a few words, with the name of the model, tool or stage."""
    kind = kind_of(span)
    what = span.name if kind == "step" else span.name.partition(" ")[2]
    return words(f"traces.kind_{kind}", what=what).strip()


def agent_of(span: Span) -> str:
    """Whose doing it was; empty for the turn itself and where nobody is named."""
    return "" if kind_of(span) == "turn" else str(span.attributes.get("gen_ai.agent.name", ""))


def state_of(span: Span, *, live: bool) -> Literal["ok", "running", "failed"]:
    """What has no end yet in a turn under way is running."""
    if span.status == "ok":
        return "ok"
    return "running" if live and span.status_message == INTERRUPTED else "failed"


def duration(ms: float, words: Words) -> str:
    """Milliseconds, with a decimal where there are few, and seconds from one on."""
    if ms >= 1000:
        return words("traces.s", s=f"{ms / 1000:,.1f}")
    return words("traces.ms", ms=f"{ms:.0f}" if ms >= 10 or ms == 0 else f"{ms:.1f}")
