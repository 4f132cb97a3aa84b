"""Earlier questions and answers, newest kept first when they do not all fit."""

from __future__ import annotations

from agents.events import Event, Failed, RunCompleted, RunStarted
from agents.history import exchanges


def asked(question: str, answer: str | None) -> list[Event]:
    started = RunStarted(question=question, team="qa", kb="k", strategy="hybrid")
    ended = Failed(error_type="E", message="") if answer is None else RunCompleted(answer=answer, abstained=False)
    return [started, ended]


def test_questions_and_answers_become_chat_messages() -> None:
    assert exchanges([*asked("q1", "a1"), *asked("q2", "a2")]) == [
        {"role": "user", "content": "q1"},
        {"role": "assistant", "content": "a1"},
        {"role": "user", "content": "q2"},
        {"role": "assistant", "content": "a2"},
    ]


def test_failed_and_broken_off_runs_are_left_out() -> None:
    started = asked("q3", "a")[0]
    contents = [m["content"] for m in exchanges([*asked("q1", None), started, *asked("q2", "a2")])]
    assert contents == ["q2", "a2"]


def test_the_oldest_give_way() -> None:
    log = [*asked("old", "word " * 400), *asked("new", "short")]
    assert [m["content"] for m in exchanges(log, budget_tokens=100)] == ["new", "short"]
    assert exchanges(log, budget_tokens=1) == []
