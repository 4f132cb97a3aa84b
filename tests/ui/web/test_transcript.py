from __future__ import annotations

import re
from dataclasses import replace

import pytest

from agents.events import (
    CodeRan,
    Event,
    Failed,
    MessageCompleted,
    Retrieved,
    RunCompleted,
    RunStarted,
    ToolCalled,
    ToolReturned,
)
from tests.ui.web.markup import ENGLISH, Markup, articles
from tests.ui.web.scripted import discussion, passage, streamed
from ui.web import evidence, folds
from ui.web.exhibits import Shown
from ui.web.reducer import replay
from ui.web.words import words_in

START = RunStarted(question="How much?", team="qa", kb="handbook", strategy="hybrid")
EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>\"' onmouseover=alert(3) x='"


def test_agents_stand_in_the_order_they_spoke() -> None:
    html = "".join(articles(replay(discussion("How much?"))))
    names = re.findall(r'<span class="agent">(\w+)</span>', html)
    assert names == ["retriever", "assistant", "code_executor", "assistant", "critic"]


def test_a_citation_is_a_button_that_names_its_source() -> None:
    html = "".join(articles(replay(discussion("How much?"))))
    assert 'data-marker="1" title="handbook.pdf · page 3" aria-label="Open source 1: handbook.pdf · page 3"' in html


def test_a_marker_without_a_passage_stays_text() -> None:
    html = "".join(articles(replay([START, *streamed("assistant", "m", "So it is [7].")])))
    assert "[7]" in html
    assert "data-marker" not in html


def test_whatever_the_text_no_foreign_markup_comes_through() -> None:
    events: list[Event] = [
        replace(START, question=EVIL),
        Retrieved(agent=EVIL, query=EVIL, passages=(passage(1, EVIL, source=f"/d/{EVIL}", headings=[EVIL]),), steps=()),
        ToolCalled(agent=EVIL, call_id="t", tool=EVIL, arguments={EVIL: EVIL}),
        ToolReturned(agent=EVIL, call_id="t", tool=EVIL, content=EVIL, ok=False, ms=1),
        CodeRan(
            agent=EVIL,
            call_id="u",
            code=EVIL,
            backend=EVIL,
            isolation=EVIL,
            status=EVIL,
            exit_code=1,
            stdout=EVIL,
            stderr=EVIL,
            ms=1,
        ),
        MessageCompleted(agent=EVIL, message_id="m", role="assistant", content=EVIL + " [1]"),
        RunCompleted(answer=EVIL + " [1]", abstained=False, citations=({"marker": 1, "quote": EVIL, "source": EVIL},)),
        Failed(error_type=EVIL, message=EVIL, hint=EVIL),
    ]
    view = replay(events)
    exhibit = evidence.exhibit(view, EVIL, 1)
    assert exhibit
    opened = evidence.passage(view, 1, Shown(exhibit=exhibit, problem=EVIL), words_in("en"))
    for html in [*articles(view), evidence.sources(view, ENGLISH), opened]:
        assert not Markup(html).active


@pytest.mark.parametrize(
    ("name", "css"),
    [
        ("assistant", "agent-assistant"),
        ("code_executor", "agent-executor"),
        ("Critic", "agent-critic"),
        ('x" onclick="', "agent-other"),
        ("作者", "agent-other"),
    ],
)
def test_css_classes_come_from_a_fixed_list(name: str, css: str) -> None:
    assert folds.agent_class(name) == css


def test_steps_are_open_while_they_run_and_when_they_failed() -> None:
    call = ToolCalled(agent="assistant", call_id="t", tool="read_document", arguments={"document": "a"})
    bad = ToolReturned(agent="librarian", call_id="t", tool="read_document", content="None.", ok=False, ms=3)
    running, failed = replay([START, call]), replay([START, call, bad])
    assert " open>" in articles(running)[1]
    assert " open>" not in articles(failed)[1]
    assert " open>" in articles(failed)[2]
    assert "read_document failed" in articles(failed)[2]


def test_an_abstention_says_so() -> None:
    outcome = RunCompleted(answer="These documents do not say.", abstained=True)
    html = "".join(articles(replay([START, *streamed("assistant", "m", outcome.answer), outcome])))
    assert "not in these documents" in html
    assert "<footer>" not in html


def test_a_failure_is_a_notice_with_its_hint() -> None:
    view = replay([START, Failed(error_type="ModelTimeout", message="Too slow.", hint="Raise the limit.")])
    piece = articles(view)[-1]
    assert 'role="alert"' in piece
    assert "Too slow." in piece
    assert "Raise the limit." in piece
    assert "answer" not in piece


def test_an_empty_conversation_says_what_the_page_is_for() -> None:
    assert "Ask your documents" in articles(replay([]))[0]
