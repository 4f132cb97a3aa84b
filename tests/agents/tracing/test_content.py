"""Without content no field of any event that somebody wrote gets into a trace."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args

import pytest

from agents import events as kinds
from agents.tracing.spans import spans
from retrieval.types import Step
from tests.agents.tracing.logs import log, text_of

CANARY = "kanarienvogel 金丝雀"
NAMES = {
    "agent": "assistant", "message_id": "m", "call_id": "t", "approval_id": "a", "provider": "openai", "model": "gpt",
    "purpose": "message", "strategy": "hybrid", "role": "assistant", "kind": "search", "by": "model",
    "error_type": "ToolError", "backend": "bubblewrap", "isolation": "full", "status": "ok", "language": "python",
}  # fmt: skip
SHAPED: dict[str, Any] = {
    "team": f"teams/{CANARY}.yaml",
    "passages": ({"marker": 1, "chunk_id": CANARY, "source": CANARY, "headings": [CANARY], "text": CANARY},),
    "steps": (Step(name="lexical", ms=1.0, inputs=CANARY, outputs=f"{CANARY} 5 chunks").as_dict(),),
    "messages": ({"role": "user", "content": CANARY}, {"role": "tool", "tool_call_id": CANARY, "content": CANARY}),
    "tools": ({"type": "function", "function": {"name": CANARY, "description": CANARY}},),
    "reply": {"text": CANARY, "tool_calls": [{"id": CANARY, "name": CANARY, "arguments": CANARY}]},
    "parameters": {"temperature": 0.5, "user": CANARY},
    "usage": {"prompt_tokens": 1},
    "exit_code": 0, "ms": 1.0, "through": 1, "tokens_before": 1, "tokens_after": 1, "ok": False, "approved": True,
    "edited": True, "abstained": False,
}  # fmt: skip
REST = {"str": CANARY, "tuple[Mapping[str, Any], ...]": ({CANARY: CANARY},), "Mapping[str, Any]": {CANARY: CANARY}}


def filled(kind: type[kinds.Event]) -> kinds.Event:
    """An event whose every field that somebody writes holds the canary, those of later versions too."""
    values: dict[str, Any] = {}
    for field in fields(kind):
        if field.name in (known := {**NAMES, **SHAPED}):
            values[field.name] = known[field.name]
        elif field.type in REST:
            values[field.name] = REST[str(field.type)]
    return kind(**values)


@pytest.mark.parametrize("last", [kinds.RunCompleted, kinds.Failed])
def test_without_content_nothing_that_anybody_wrote_is_in_any_kind_of_event(last: type[kinds.Event]) -> None:
    ends = (kinds.RunStarted, kinds.RunCompleted, kinds.Failed)
    inner = [kind for kind in get_args(kinds.Event) if kind not in ends]
    events = log(*((float(n), filled(kind)) for n, kind in enumerate([kinds.RunStarted, *inner, last])))
    assert CANARY in text_of(spans(events, content=True))
    text = text_of(spans(events, content=False))
    assert "kanarienvogel" not in text
    assert "金丝雀" not in text
