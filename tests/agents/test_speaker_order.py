"""The order of speakers is a function of the messages."""

from __future__ import annotations

from typing import Any

import pytest

from agents.teams.speaker_order import may_call_tools, next_speaker, pending_calls
from agents.teams.team_file import load_team

QA, ANALYST = load_team("qa"), load_team("analyst")


def said(name: str, content: str = "…") -> dict[str, Any]:
    return {"name": name, "content": content}


def asks(*tools: str) -> dict[str, Any]:
    calls = [{"id": f"id-{tool}", "function": {"name": tool, "arguments": "{}"}} for tool in tools]
    return {**said("assistant", ""), "tool_calls": calls}


def returns(name: str, *tools: str) -> dict[str, Any]:
    return {**said(name), "tool_responses": [{"tool_call_id": f"id-{tool}", "content": "…"} for tool in tools]}


FOUND = said("retriever")
SEARCHED = [FOUND, asks("search_documents")]
BOTH = [FOUND, asks("run_python", "search_documents")]
ANSWERED = [FOUND, said("assistant")]
REVIEWED = [*ANSWERED, said("critic", "REVISE\nNo.")]


@pytest.mark.parametrize(
    ("messages", "speaker"),
    [
        ([FOUND], "assistant"),
        (SEARCHED, "librarian"),
        ([*SEARCHED, returns("librarian", "search_documents")], "assistant"),
        ([FOUND, asks("run_python")], "code_executor"),
        (BOTH, "code_executor"),
        ([*BOTH, returns("code_executor", "run_python")], "librarian"),
        ([*BOTH, returns("code_executor", "run_python"), returns("librarian", "search_documents")], "assistant"),
        ([FOUND, asks("invented")], "librarian"),
        (ANSWERED, "critic"),
        ([*ANSWERED, said("critic", "APPROVED\nFine.")], None),
        ([*ANSWERED, said("critic", "It could be better; REVISE is not needed.")], None),
        (REVIEWED, "assistant"),
        ([*ANSWERED, said("critic", "**REVISE**\nNo.")], "assistant"),
        ([*REVIEWED, said("assistant")], None),
        ([*REVIEWED, asks("run_python")], "code_executor"),
        ([*REVIEWED, asks("run_python"), returns("code_executor", "run_python")], "assistant"),
    ],
)
def test_analyst(messages: list[dict[str, Any]], speaker: str | None) -> None:
    assert next_speaker(ANALYST, messages) == speaker


def test_qa_ends_with_the_answer() -> None:
    assert next_speaker(QA, [FOUND]) == "assistant"
    assert next_speaker(QA, ANSWERED) is None


def test_words_in_a_message_move_nobody() -> None:
    for words in ("UPDATE CONTEXT", "TERMINATE", "exitcode: 0 (execution succeeded)", "```python\n1\n```"):
        assert next_speaker(QA, [FOUND, said("assistant", words)]) is None


def test_calls_stay_pending_until_each_is_answered() -> None:
    answered = [*BOTH, returns("code_executor", "run_python")]
    assert [call.tool for call in pending_calls(answered)] == ["search_documents"]
    assert pending_calls([FOUND]) == ()


def test_tools_are_offered_only_while_their_results_can_still_be_used() -> None:
    rounds = ANALYST.max_rounds
    assert may_call_tools(ANALYST, [FOUND] * (rounds - 5))
    assert not may_call_tools(ANALYST, [FOUND] * (rounds - 4))
    assert not may_call_tools(QA, [FOUND])
