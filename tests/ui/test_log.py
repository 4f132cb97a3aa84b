"""The log of a conversation as text: calls, approvals, code and results, each once and readable."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from agents import events as kinds
from tests.agents.test_store import EVERY_KIND
from ui import log
from ui.visible import visible

RAN: dict[str, Any] = {
    "agent": "code_executor",
    "call_id": "c1",
    "code": "print(90 * 12)",
    "backend": "bubblewrap",
    "isolation": "full",
    "status": "ok",
    "exit_code": 0,
    "stdout": "1080\n",
    "stderr": "",
    "ms": 3.0,
}


def told(*events: kinds.Event) -> str:
    return log.events({"events": [{"type": type(event).__name__, **asdict(event)} for event in events]})


def test_a_whole_conversation_reads_in_its_order() -> None:
    artifact = {"name": "plot-1.png", "media_type": "image/png", "bytes": 17356, "path": "/data/artifacts/c/plot-1.png"}
    text = told(
        kinds.RunStarted(question="What a year?", team="analyst", kb="k", strategy="hybrid"),
        kinds.MessageCompleted(agent="retriever", message_id="m1", role="retriever", content="[1] prices.md"),
        kinds.ToolCalled(agent="assistant", call_id="c1", tool="run_python", arguments={"code": "print(90 * 11)"}),
        kinds.ApprovalRequested(
            agent="code_executor", approval_id="a", code="print(90 * 11)", code_sha256="0", reason="It asks."
        ),
        kinds.ApprovalAnswered(approval_id="a", approved=True, reason="Twelve.", code="print(90 * 12)", edited=True),
        kinds.CodeRan(**RAN, artifacts=(artifact,)),
        kinds.ToolReturned(agent="code_executor", call_id="c1", tool="run_python", content="{}", ok=True, ms=1.0),
        kinds.MessageCompleted(agent="code_executor", message_id="m2", role="tool", content="{}"),
        kinds.MessageCompleted(agent="assistant", message_id="m3", role="assistant", content="1080 [1]."),
        kinds.RunCompleted(answer="1080 [1].", abstained=False),
    )
    assert text == (
        "user: What a year?\n\n"
        "retriever: [1] prices.md\n\n"
        "assistant calls run_python(code=print(90 * 11))\n\n"
        "code_executor asks to run python: It asks.\n    print(90 * 11)\n\n"
        "user: allowed with changes: Twelve.\n\n"
        "code_executor ran python [bubblewrap: ok]\n    print(90 * 12)\n1080\n"
        "plot-1.png (17,356 bytes): /data/artifacts/c/plot-1.png\n\n"
        "assistant: 1080 [1]."
    )


def test_failures_and_refusals_are_told() -> None:
    text = told(
        kinds.ApprovalAnswered(approval_id="a", approved=False, reason="No."),
        kinds.ToolReturned(
            agent="coder", call_id="c2", tool="run_python", content="no", ok=False, ms=1.0, error_type="CodeNotAllowed"
        ),
        kinds.CodeRan(**{**RAN, "isolation": "none", "status": "killed", "stderr": "Too much.", "state_lost": True}),
        kinds.Failed(error_type="ModelTimeout", message="It took too long.", hint="Try again."),
        kinds.RunCompleted(answer="", abstained=False, stopped=True),
    )
    assert text.split("\n\n") == [
        "user: not allowed: No.",
        "coder: run_python failed (CodeNotAllowed): no",
        "code_executor ran python [bubblewrap, none isolation: killed]\n    print(90 * 12)\n1080\nToo much.\n"
        "The variables made before are gone.",
        "Error: It took too long. Try again.",
        "Stopped.",
    ]


def test_what_was_searched_for_is_told_when_it_is_not_the_question() -> None:
    started = kinds.RunStarted(question="And a year?", team="qa", kb="k", strategy="hybrid")
    rewritten = kinds.TurnPlanned(kind="search", query="What does the plan cost a year?")
    assert told(started, rewritten) == "user: And a year?\n\nsearched for: What does the plan cost a year?"
    assert told(started, kinds.TurnPlanned(kind="search", query="And a year?")) == "user: And a year?"


def test_notes_are_a_line_each_and_requests_to_models_none() -> None:
    text = told(
        kinds.Noted(kind="fallback", text="The model\ndid not answer. Another model answers."),
        kinds.ModelCalled(agent="a", purpose="message", provider="p", model="m", messages=()),
        kinds.Compacted(summary="There was talk of prices [1].", through=9, tokens_before=12000, tokens_after=900),
    )
    assert text.split("\n\n") == [
        "note: The model did not answer. Another model answers.",
        "note: What was said up to here is kept as a summary (12,000 tokens became 900).",
    ]


def test_who_was_interrupted_and_who_is_a_guest_is_told() -> None:
    text = told(
        kinds.MessageCompleted(agent="a", message_id="m1", role="assistant", content="九十欧", interrupted=True),
        kinds.MessageCompleted(agent="expert", message_id="m2", role="guest", content="Yes."),
    )
    assert text.split("\n\n") == ["a: 九十欧… [interrupted]", "expert (guest): Yes."]


@pytest.mark.parametrize("event", EVERY_KIND, ids=lambda event: type(event).__name__)
def test_every_kind_of_event_can_be_told(event: kinds.Event) -> None:
    assert isinstance(told(event), str)


def test_what_cannot_be_seen_in_code_is_seen() -> None:
    assert visible("a\u202eb\x1b[1m\u2028价\r\n\tend") == "a<U+202E>b<U+001B>[1m<U+2028>价\n\tend"


def test_what_models_say_cannot_steer_the_terminal() -> None:
    hidden = "look \x1b[8m hidden \u202e"
    event = {"type": "ToolCalled", "agent": hidden, "tool": "bad\x1b]0;owned\x07\x1b[2J", "arguments": {hidden: hidden}}
    said = {"type": "MessageCompleted", "agent": "a", "role": "assistant", "content": hidden, "interrupted": False}

    for text in (log.step(event), log.step(said)):
        assert "\x1b" not in text
        assert "\u202e" not in text


@pytest.mark.parametrize("character", ["\r", "\u3164", "\u115f", "\ufe0f", "\U000e0100", "\u034f", "\u2800", "\u00a0"])
def test_what_looks_like_nothing_or_like_another_is_named(character: str) -> None:
    assert visible(f"a{character}b") == f"a<U+{ord(character):04X}>b"
