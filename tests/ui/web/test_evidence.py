from __future__ import annotations

from typing import Any

import pytest

from agents.events import Retrieved, RunCompleted, RunStarted
from tests.ui.web.scripted import HOTEL, RATES, cited, discussion, passage
from ui.web import evidence
from ui.web.reducer import replay
from ui.web.view import View


def view_of(text: str, *quotes: str, **more: Any) -> View:
    return replay(
        [
            RunStarted(question="q", team="qa", kb="kb", strategy="hybrid"),
            Retrieved(agent="retriever", query="q", passages=(passage(1, text, **more),)),
            RunCompleted(answer="a", abstained=False, citations=tuple(cited(1, quote) for quote in quotes)),
        ]
    )


def test_a_passage_shows_source_page_headings_and_the_quote() -> None:
    html = evidence.passage(view_of(HOTEL, "up to 120 euros"), 1)
    assert "handbook.pdf" in html
    assert "/documents" not in html
    assert "page 3" in html
    assert "Handbook › Travel" in html
    assert "paid <mark>up to 120 euros</mark> a night" in html


@pytest.mark.parametrize(
    ("text", "quotes", "expected"),
    [
        ("one two three", ["two"], "one <mark>two</mark> three"),
        ("one\ntwo three", ["one two"], "<mark>one\ntwo</mark> three"),
        ("a b c d", ["a b", "b c"], "<mark>a b c</mark> d"),
        ("a b c d", ["d", "a"], "<mark>a</mark> b c <mark>d</mark>"),
        ("a < b & c", ["< b &"], "a <mark>&lt; b &amp;</mark> c"),
        ("住宿标准为每晚140元。", ["每晚140元"], "住宿标准为<mark>每晚140元</mark>。"),
        ("one", ["not there"], "<p>one</p>"),
        ("one", [" "], "<p>one</p>"),
    ],
)
def test_quotes_are_marked(text: str, quotes: list[str], expected: str) -> None:
    assert expected in evidence.passage(view_of(text, *quotes), 1)


def test_a_table_is_shown_as_one_with_its_marks() -> None:
    html = evidence.passage(view_of(RATES, "上海 | 140"), 1)
    assert "<td> Berlin </td>" in html
    assert "<td> <mark>上海 </mark></td><td><mark> 140</mark> </td>" in html
    assert "---" not in html


@pytest.mark.parametrize("row", ["| a | b |", "|a|b", "| a || b |", "|", "||", "| "])
def test_any_row_can_be_shown(row: str) -> None:
    assert "<table>" in evidence.passage(view_of(f"Rates\n{row}", "a"), 1)


def test_only_what_is_cited_is_listed_and_the_rest_folded() -> None:
    found = Retrieved(agent="r", query="q", passages=(passage(1, "one"), passage(2, "two"), passage(3, "three")))
    outcome = RunCompleted(answer="a", abstained=False, citations=(cited(3, "three"),))
    html = evidence.sources(replay([found, outcome]))
    cited_part, folded_part = html.split("<details>")
    assert 'data-marker="3"' in cited_part
    assert "Also found (2)" in folded_part
    assert 'data-marker="1"' in folded_part


def test_without_a_citation_everything_found_is_listed() -> None:
    assert "<details open><summary>Found (1)" in evidence.sources(view_of("one"))


def test_an_unknown_marker_opens_nothing() -> None:
    assert evidence.passage(replay(discussion("q")), 99) == ""


def test_a_source_without_page_names_none() -> None:
    assert "page" not in evidence.passage(view_of("one", page=None), 1).replace("passage", "")


def test_windows_paths_are_named_by_their_file() -> None:
    assert dict(evidence.labels(view_of("x", source=r"C:\docs\a.pdf")))[1] == "a.pdf · page 3"
