"""Bars stand where their spans were, inside what they were part of, and say what went wrong."""

from __future__ import annotations

import re

import pytest

from agents import events as kinds
from agents.tracing.spans import INTERRUPTED, Span, spans
from tests.agents.tracing.logs import called, log, one_question
from tests.ui.web.markup import Markup
from ui.web.traces.kinds import duration
from ui.web.traces.timeline import timeline
from ui.web.words import words_in

EN, ZH = words_in("en"), words_in("zh")


def drawn(events: list[kinds.Event], *, live: bool = False) -> str:
    return timeline(spans(events, content=True), EN, live=live)


def bar(html: str, title: str) -> str:
    (found,) = [piece for piece in re.findall(r"<button.*?</button>", html) if f'"what">{title}<' in piece]
    return str(found)


def test_every_span_is_a_bar_in_the_one_it_was_part_of() -> None:
    html = drawn(one_question())
    assert re.findall(r"--depth: (\d).*?\"what\">(.*?)<", html) == [
        ("0", "Question · team analyst"),
        ("1", "Planning the search"),
        ("2", "Model call scripted"),
        ("1", "Search in the documents"),
        ("2", "dense"),
        ("2", "lexical"),
        ("2", "rerank"),
        ("1", "Model call scripted"),
        ("1", "Tool run_python"),
        ("2", "Waiting for approval"),
        ("2", "Code · python"),
        ("1", "Model call scripted"),
    ]
    assert Markup(html).active == {"style"}


def test_a_bar_begins_and_ends_on_the_scale_where_its_span_did() -> None:
    html = drawn(one_question())
    assert "--at: 0.00%; --long: 100.00%" in bar(html, "Question · team analyst")
    assert "--at: 11.76%; --long: 7.84%" in bar(html, "Search in the documents")  # from 0.6 s to 1.0 s of 5.1 s
    assert '"took">400 ms<' in bar(html, "Search in the documents")
    assert '"took">2.1 s<' in bar(html, "Tool run_python")


def test_no_bar_is_too_short_to_be_seen_or_runs_over_the_end() -> None:
    events = log(
        (1.0, kinds.RunStarted(question="q", team="qa", kb="k", strategy="hybrid")),
        (2.0, kinds.Noted(kind="budget", text="enough")),
        (2.0, kinds.RunCompleted(answer="a", abstained=False)),
    )
    assert "--at: 99.60%; --long: 0.40%" in bar(drawn(events), "Note · budget")


def test_what_failed_says_so() -> None:
    events = log(
        (1.0, kinds.RunStarted(question="q", team="qa", kb="k", strategy="hybrid")),
        (2.0, called(error_type="ModelTimeout")),
        (2.0, kinds.Failed(error_type="ModelTimeout", message="No answer.")),
    )
    assert "failed" in bar(drawn(events), "Model call scripted")


def test_what_has_no_end_runs_in_a_live_turn_and_was_interrupted_in_another() -> None:
    events = one_question()[:7]
    assert '"took">running…<' in bar(drawn(events, live=True), "Tool run_python")
    assert 'class="error"' in bar(drawn(events, live=False), "Tool run_python")


def test_the_words_are_chinese_for_those_who_read_it() -> None:
    html = timeline(spans(one_question(), content=True), ZH, live=False)
    assert "检索文档" in html
    assert "等待批准" in html
    assert "400 毫秒" in html


def test_what_a_model_wrote_as_a_name_is_only_text() -> None:
    span = Span(
        trace_id="t",
        span_id="s",
        parent_id="",
        name='chat <img src=x onerror="alert(1)">\u202e',
        start=1.0,
        end=1.0,
        attributes={"gen_ai.operation.name": "chat", "gen_ai.agent.name": "<script>"},
        status="error",
        status_message=INTERRUPTED,
    )
    html = timeline([span], EN, live=False)
    assert Markup(html).active == {"style"}
    assert "&lt;img" in html
    assert "&lt;U+202E&gt;" in html


@pytest.mark.parametrize(
    ("ms", "shown"),
    [(0.0, "0 ms"), (0.34, "0.3 ms"), (9.94, "9.9 ms"), (46.2, "46 ms"), (999.0, "999 ms"), (61_000.0, "61.0 s")],
)
def test_a_duration_is_as_exact_as_it_is_short(ms: float, shown: str) -> None:
    assert duration(ms, EN) == shown
