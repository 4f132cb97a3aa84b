from __future__ import annotations

import time

import pytest

from retrieval.sentences import split

TABLE = "| Instrument | Price |\n|---|---:|\n| Clock | 1150 |\n| Ring \\| seal |  |"


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Dr. Smith paid $3.50 for v1.2.3. He left.", ["Dr. Smith paid $3.50 for v1.2.3.", "He left."]),
        ("Open e.g. at 5 p.m. on Mondays. Closed i.e. shut.", ["Open e.g. at 5 p.m. on Mondays.", "Closed i.e. shut."]),
        ("J. R. Hartley et al. (2019) agree. See Fig. 3.", ["J. R. Hartley et al. (2019) agree.", "See Fig. 3."]),
        ("Found twice.[3][12–14] Not so!(a) Then.[5]", ["Found twice.[3][12–14]", "Not so!(a) Then.[5]"]),
        ('He said "Stop." Then he went.', ['He said "Stop."', "Then he went."]),
        ("Wait... what is that? Nothing.", ["Wait... what is that?", "Nothing."]),
        ("他来了。她走了！真的吗？是；不是", ["他来了。", "她走了！", "真的吗？", "是；", "不是"]),
        ("他说：“好的。”版本3.5发布了。", ["他说：“好的。”", "版本3.5发布了。"]),
        ("# Title\nText follows here.", ["Title", "Text follows here."]),
        ("- first item. And more.\n2. second\n• third", ["first item.", "And more.", "second", "third"]),
        ("Short line\nAnother line", ["Short line", "Another line"]),
        ("A line that was broken\nin the middle. Next.", ["A line that was broken\nin the middle.", "Next."]),
        ("Fire wardens:\n- Ann\n- Bo\nThen more.", ["Fire wardens:\n- Ann\n- Bo", "Then more."]),
        ("```python\nimport os\n\nos.remove('x')\n```\nDone.", ["import os", "os.remove('x')", "Done."]),
        (TABLE, ["| Clock | 1150 |", "| Ring \\| seal |  |"]),
        ("", []),
        (" \n\n ", []),
    ],
)
def test_text_is_cut_where_a_reader_would(text: str, pieces: list[str]) -> None:
    assert [sentence.text for sentence in split(text)] == pieces


@pytest.mark.parametrize(
    "text",
    [
        "  Leading blanks. Dr. Who?  \n\n- a\n- b:\n  - c\n",
        TABLE + "\nAfter the table。中文；混合 text.",
        "```\nunclosed fence\n| a | b |\n",
        "|||\n|-|\n| - | |\n||",
        "列表：\n1、甲\n2、乙\n……",
        "\u3000全角空格。\r\nWindows line.\r\n",
    ],
)
def test_spans_are_exact_ordered_and_apart(text: str) -> None:
    end = 0
    for sentence in split(text):
        assert text[sentence.start : sentence.end] == sentence.text
        assert sentence.text
        assert sentence.start >= end
        end = sentence.end


def test_a_table_row_carries_its_column_names() -> None:
    clock, ring = split(TABLE)
    assert clock.cells == (("Instrument", "Clock"), ("Price", "1150"))
    assert clock.shown == "Instrument: Clock · Price: 1150"
    assert ring.shown == "Instrument: Ring | seal"


def test_a_row_that_does_not_match_its_header_is_shown_without_names() -> None:
    (row,) = split("| A | B |\n|---|---|\n| 1 | 2 | 3 |")
    assert row.shown == "1 · 2 · 3"


def test_a_list_is_shown_on_one_line() -> None:
    (wardens,) = split("There are two wardens:\n- Ann, ground floor\n- Bo, first floor")
    assert wardens.shown == "There are two wardens: Ann, ground floor · Bo, first floor"


def test_a_long_list_is_cut_into_its_items() -> None:
    items = [f"item {n} " + "x" * 60 for n in range(10)]
    pieces = split("All of them:\n" + "\n".join(f"- {item}" for item in items))
    assert [piece.text for piece in pieces] == ["All of them:", *items]


def test_hostile_lengths_take_no_time() -> None:
    started = time.perf_counter()
    for text in (
        "|" + "-" * 20_000 + "x",
        "a. " * 20_000,
        "`" * 20_000,
        "|" * 20_000,
        ". " * 20_000,
        "e.g. J. Dr. " * 20_000,
    ):
        split(text)
    assert time.perf_counter() - started < 5
