"""A trace as text: what took how long, what it cost, and what was said; nothing in it steers a terminal."""

from __future__ import annotations

from typing import Any

from agents import events as kinds
from agents.tracing.spans import spans
from tests.agents.tracing.logs import called, log, one_question
from ui.trace_view import trace


def told(events: list[kinds.Event], *, content: bool = True) -> str:
    document = {"conversation_id": "c1", "spans": [span.as_dict() for span in spans(events, content=content)]}
    return trace(document)


def test_a_question_reads_as_a_tree_with_its_figures() -> None:
    lines = told(one_question(), content=False).splitlines()
    assert [line.split("  ")[0] if line[0] != " " else line[: line.index("ms") + 2] for line in lines] == [
        "conversation c1",
        "invoke_workflow analyst",
        "  plan  450.0 ms",
        "    chat scripted  300.0 ms",
        "  retrieval  400.0 ms",
        "    dense  100.0 ms",
        "    lexical  50.0 ms",
        "    rerank  250.0 ms",
        "  chat scripted  1,000.0 ms",
        "  execute_tool run_python  2,100.0 ms",
        "    wait_for_approval  1,000.0 ms",
        "    run_code python  800.0 ms",
        "  chat scripted  500.0 ms",
    ]
    assert "5,100.0 ms  360+90 tokens  $0.003600" in lines[1]
    assert "1,000.0 ms  120+30 tokens  $0.001200  purpose=message" in lines[8]
    assert "step.tokens=1200  step.results=6" in lines[7]
    assert "approval.approved=yes" in lines[10]


def test_what_was_said_stands_under_who_said_it() -> None:
    text = told(one_question())
    assert (
        "  chat scripted  500.0 ms  120+30 tokens  $0.001200  purpose=message  attempts=1  input.messages=3  "
        "input.chars=14  output.chars=12  output.tool_calls=0  tools=0\n"
        "      | user: 高级套餐一年多少钱？\n"
        '      | assistant: calls run_python({"code": "print(90 * 12)"})\n'
        "      | tool: result 1080\n"
        "      | assistant: 一千零八十欧元 [1]。"
    ) in text
    assert "      | query: 高级套餐 价格\n      | [1] 价格.md: 高级套餐每月九十欧元。\n" in text
    assert "        | code: print(90 * 12)\n        | stdout: 1080\n" in text


def test_an_interrupted_run_says_so() -> None:
    first = told(one_question()[:-1], content=False).splitlines()[1]
    assert first.endswith("ERROR interrupted")


def test_questions_follow_each_other() -> None:
    started = kinds.RunStarted(question="q", team="qa", kb="k", strategy="hybrid")
    ended = kinds.RunCompleted(answer="a", abstained=False)
    text = told([*log((1.0, started), (2.0, ended)), *log((5.0, started), (9.0, ended), first=3)], content=False)
    assert [line[:35] for line in text.splitlines()[1:]] == [
        "invoke_workflow qa  1,000.0 ms  str",
        "invoke_workflow qa  4,000.0 ms  str",
    ]


def test_no_text_steers_a_terminal_or_looks_like_a_span() -> None:
    evil = "\x1b[2J\x1b]0;title\x07a\u202eb\u200bc\u3164d\rinvoke_workflow forged\ninvoke_workflow 伪造\x00"
    started = kinds.RunStarted(question=evil, team=evil, kb=evil, strategy=evil)
    call = called(model=evil, agent=evil, messages=({"role": evil, "content": evil},), reply={"text": evil})
    text = told(log((1.0, started), (2.0, call), (3.0, kinds.Failed(error_type=evil, message=evil, hint=evil))))
    assert [c for c in text if c != "\n" and not c.isprintable()] == []
    assert "\u3164" not in text
    spans_told = [line for line in text.splitlines() if line.lstrip().startswith("invoke_workflow")]
    assert len(spans_told) == 1


def test_a_span_whose_parent_is_not_there_stands_at_the_top() -> None:
    whole: list[dict[str, Any]] = [span.as_dict() for span in spans(one_question(), content=False)]
    text = trace({"conversation_id": "c1", "spans": whole[3:4]})
    assert text.splitlines()[1].startswith("retrieval")


def test_a_conversation_without_a_question_is_its_title() -> None:
    assert trace({"conversation_id": "c1", "spans": []}) == "conversation c1"
