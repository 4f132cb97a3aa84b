"""Logs of conversations made by hand, with the times and numbers a test wants."""

from __future__ import annotations

import json
from dataclasses import replace

from agents import events as kinds
from agents.tracing.spans import Span
from retrieval.types import Step

TOOLS = ({"type": "function", "function": {"name": "run_python", "description": "Runs code.", "parameters": {}}},)
STEPS = (
    Step(name="dense", ms=100.0, inputs="高级套餐多少钱？", outputs="50 chunks"),
    Step(name="lexical", ms=50.0, inputs="高级套餐多少钱？", outputs="7 chunks"),
    Step(name="rerank", ms=250.0, inputs="57 chunks", outputs="6 chunks", tokens=1200),
)
PASSAGE = {
    "marker": 1,
    "chunk_id": "c0ffee",
    "document_id": "d0c",
    "source": "价格.md",
    "page": 3,
    "headings": ["套餐"],
    "text": "高级套餐每月九十欧元。",
    "scores": {"dense": 0.7, "fused": 0.9},
}


def log(*timed: tuple[float, kinds.Event], conversation_id: str = "c1", first: int = 1) -> list[kinds.Event]:
    """Events as a recorder keeps them: `(at, event)` in their order."""
    return [
        replace(event, conversation_id=conversation_id, seq=seq, at=at) for seq, (at, event) in enumerate(timed, first)
    ]


def called(**more: object) -> kinds.ModelCalled:
    values = {
        "agent": "assistant",
        "purpose": "message",
        "provider": "openai",
        "model": "scripted",
        "messages": ({"role": "user", "content": "高级套餐一年多少钱？"},),
        "reply": {"text": "一千零八十欧元 [1]。", "tool_calls": ()},
        "prompt_tokens": 120,
        "completion_tokens": 30,
        "cost": 0.0012,
        "ms": 1000.0,
        **more,
    }
    return kinds.ModelCalled(**values)  # type: ignore[arg-type]  # a test gives what the event takes


def ran(**more: object) -> kinds.CodeRan:
    values = {
        "agent": "code_executor",
        "call_id": "t1",
        "code": "print(90 * 12)",
        "backend": "bubblewrap",
        "isolation": "full",
        "status": "ok",
        "exit_code": 0,
        "stdout": "1080\n",
        "stderr": "",
        "ms": 800.0,
        **more,
    }
    return kinds.CodeRan(**values)  # type: ignore[arg-type]  # a test gives what the event takes


def one_question() -> list[kinds.Event]:
    """Planned with a model, searched, and answered with code that a person allowed."""
    call = {
        "id": "t1",
        "type": "function",
        "function": {"name": "run_python", "arguments": '{"code": "print(90 * 12)"}'},
    }
    result = {"role": "tool", "tool_call_id": "t1", "content": "1080"}
    user = {"role": "user", "content": "高级套餐一年多少钱？"}
    return log(
        (100.0, kinds.RunStarted(question="高级套餐一年多少钱？", team="analyst", kb="k", strategy="hybrid")),
        (100.4, called(agent="planner", purpose="condense", message_id="", ms=300.0)),
        (100.5, kinds.TurnPlanned(kind="search", query="高级套餐 价格", by="model", ms=450.0)),
        (
            101.0,
            kinds.Retrieved(
                agent="r", query="高级套餐 价格", passages=(PASSAGE,), steps=tuple(s.as_dict() for s in STEPS)
            ),
        ),
        (102.0, called(reply={"text": "", "tool_calls": [call]}, message_id="m1", tools=TOOLS)),
        (102.0, kinds.MessageCompleted(agent="assistant", message_id="m1", role="assistant", content="", ms=1000.0)),
        (
            102.0,
            kinds.ToolCalled(agent="assistant", call_id="t1", tool="run_python", arguments={"code": "print(90 * 12)"}),
        ),
        (
            102.1,
            kinds.ApprovalRequested(
                agent="code_executor",
                approval_id="a1",
                call_id="t1",
                code="print(90 * 12)",
                code_sha256="0",
                timeout_s=300,
            ),
        ),
        (103.1, kinds.ApprovalAnswered(approval_id="a1", approved=True, code="print(90 * 12)")),
        (104.0, ran()),
        (
            104.1,
            kinds.ToolReturned(
                agent="code_executor", call_id="t1", tool="run_python", content="1080", ok=True, ms=2000.0
            ),
        ),
        (
            105.0,
            called(
                messages=(user, {"role": "assistant", "content": None, "tool_calls": [call]}, result),
                message_id="m2",
                ms=500.0,
            ),
        ),
        (
            105.0,
            kinds.MessageCompleted(
                agent="assistant", message_id="m2", role="assistant", content="一千零八十欧元 [1]。", ms=500.0
            ),
        ),
        (
            105.1,
            kinds.RunCompleted(
                answer="一千零八十欧元 [1]。",
                abstained=False,
                usage={"prompt_tokens": 360, "completion_tokens": 90, "calls": 3, "cost": 0.0036},
                ms=5100.0,
            ),
        ),
    )


def named(spans: list[Span], name: str) -> Span:
    """The only span of that name."""
    (span,) = [span for span in spans if span.name == name]
    return span


def tree(spans: list[Span]) -> list[str]:
    """The names of all spans, each behind those it lies in."""
    by_id = {span.span_id: span for span in spans}

    def path(span: Span) -> str:
        return f"{path(by_id[span.parent_id])} > {span.name}" if span.parent_id else span.name

    return [path(span) for span in spans]


def text_of(spans: list[Span]) -> str:
    """All that the spans hold."""
    return json.dumps([span.as_dict() for span in spans], ensure_ascii=False)
