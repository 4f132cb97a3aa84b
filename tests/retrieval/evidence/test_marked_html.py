from __future__ import annotations

import pytest

from retrieval.evidence.marked_html import marked_html
from tests.ui.web.markup import Markup


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
    assert expected in marked_html(text, quotes)


def test_a_table_is_one_with_its_header_and_marks() -> None:
    html = marked_html("Rates\n| City | Rate |\n|---|---|\n| Berlin | 120 |\n| 上海 | 140 |", ["上海 | 140"])
    assert html.startswith("<p>Rates</p>")
    assert "<tr><th> City </th><th> Rate </th></tr>" in html
    assert "<td> <mark>上海 </mark></td><td><mark> 140</mark> </td>" in html
    assert "---" not in html


@pytest.mark.parametrize("row", ["| a | b |", "|a|b", "| a || b |", "|", "||", "| ", "|-|"])
def test_any_row_can_be_shown(row: str) -> None:
    assert "<table>" in marked_html(f"Rates\n{row}", ["a"])


@pytest.mark.parametrize("code", ["```\nif a:\n\n    | b |\n```", "```python\nif a:\n\n    | b |"])
def test_fenced_code_keeps_its_lines(code: str) -> None:
    html = marked_html(f"Run:\n{code}\n", ["if a:"])
    assert '<p>Run:</p><pre tabindex="0"><mark>if a:</mark>\n\n    | b |</pre>' in html


def test_a_chunk_of_code_is_code_throughout() -> None:
    assert marked_html("| a |\nb", [], code=True) == '<pre tabindex="0">| a |\nb</pre>'


@pytest.mark.parametrize("text", ["", "```", "```\n```", "\n\n"])
def test_nothing_is_shown_of_nothing(text: str) -> None:
    assert Markup(marked_html(text, ["x"])).tags <= {"pre"}


def test_whatever_the_text_holds_is_only_text() -> None:
    hostile = '<img src=x onerror=alert(1)>\n| <script> | </td> |\n```\n</pre><iframe src="http://evil.example">\n```'
    assert Markup(marked_html(hostile, ["<script>", "</pre>", "<img"])).active == set()
