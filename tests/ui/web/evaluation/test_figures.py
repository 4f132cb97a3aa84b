"""A run in figures, and where two rankings differ."""

from __future__ import annotations

import csv
import io
import math
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from retrieval.evaluation.statistics import Interval
from tests.ui.web.evaluation.recorded import ASKED, HYBRID, record
from ui.web.evaluation.bars import Bar, bars
from ui.web.evaluation.comparison import Side, compare
from ui.web.evaluation.csv_file import csv_file
from ui.web.evaluation.figures import ANSWER, figures

SIDES = Side(record=record(), strategy="dense"), Side(record=record(), strategy="hybrid")


def test_figures_are_the_means_over_the_questions() -> None:
    found = figures(record())
    assert found.values["dense"]["mrr@10"].mean == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert found.values["hybrid"]["ndcg@10"].mean == pytest.approx((1 + 1 + 1 / math.log2(3)) / 3)
    assert found.values["dense"]["recall@5"].low <= 2 / 3 <= found.values["dense"]["recall@5"].high
    assert found.times["dense"] == (20.0, 20.0)


def test_a_difference_is_the_first_over_the_second_with_its_interval_and_p() -> None:
    difference = figures(record()).differences["dense", "hybrid"]["mrr@10"]
    assert difference.interval.mean == pytest.approx(-1 / 3)
    assert difference.interval.low < difference.interval.mean < difference.interval.high
    assert difference.p == 0.5  # two of three questions differ, by the same: half of the sign patterns


def test_answer_words_are_measured_over_the_questions_that_have_some() -> None:
    found = figures(record())
    assert (found.questions, found.with_answer) == (3, 1)
    assert found.values["dense"][ANSWER].mean == 0.0
    assert found.values["hybrid"][ANSWER].mean == 1.0
    without = replace(record(), asked=ASKED[1:])
    assert ANSWER not in figures(without).measures


def test_a_run_of_which_nothing_is_finished_has_no_figures() -> None:
    found = figures(replace(record(), found={}))
    assert (found.values, found.differences) == ({}, {})


@pytest.mark.parametrize(
    ("order", "expected"), [("largest", {"q1", "q3"}), ("first", {"q2"}), ("second", {"q1", "q3"})]
)
def test_questions_stand_in_the_order_of_their_difference(order: str, expected: set[str]) -> None:
    rows = compare(*SIDES, "mrr@10", order)  # type: ignore[arg-type]
    assert {row.first.asked.key for row in rows[: len(expected)]} == expected


def test_a_question_has_the_rank_of_its_first_expected_document_on_both_sides() -> None:
    rows = {row.first.asked.key: row for row in compare(*SIDES, "mrr@10", "largest")}
    assert [(rows[key].first.rank, rows[key].second.rank) for key in ("q1", "q2", "q3")] == [(2, 1), (1, 1), (0, 2)]
    assert [rows[key].is_different for key in ("q1", "q2", "q3")] == [True, False, True]


def test_only_questions_that_both_sides_were_asked_are_compared() -> None:
    fewer = Side(record=replace(record(), asked=ASKED[1:], found={"hybrid": HYBRID}), strategy="hybrid")
    assert {row.first.asked.key for row in compare(SIDES[0], fewer, "mrr@10", "largest")} == {"q2", "q3"}
    assert [row.first.asked.key for row in compare(*SIDES, ANSWER, "largest")] == ["q1"]


def test_a_spreadsheet_takes_no_question_for_a_formula() -> None:
    text = csv_file(compare(*SIDES, "mrr@10", "largest"))
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 3
    (formula,) = [row for row in rows if "cmd" in row["question"]]
    assert formula["question"] == "'=cmd()"
    assert (formula["first_rank"], formula["second_rank"]) == ("", "2")
    assert {row["expected"] for row in rows} == {"a.pdf", "b.pdf | c.pdf", "c.pdf"}


def test_bars_are_as_high_as_their_values_and_say_so_to_those_who_do_not_see() -> None:
    given = [
        Bar(letter="A", name="dense", interval=Interval(mean=0.5, low=0.4, high=0.7)),
        Bar(letter="B", name="<hybrid>", interval=Interval(mean=1.0, low=1.0, high=1.0)),
    ]
    svg = ET.fromstring(bars("x", "nDCG@10 & more", "A 0.5, <B> 1.0", given))
    heights = [float(bar.attrib["height"]) for bar in svg.findall("rect")]
    assert heights[1] == pytest.approx(2 * heights[0])
    assert svg.attrib["role"] == "img"
    named = [svg.find(f".//*[@id='{identity}']") for identity in svg.attrib["aria-labelledby"].split()]
    assert [part.text for part in named if part is not None] == ["nDCG@10 & more", "A 0.5, <B> 1.0"]
    whiskers = [path.attrib["d"] for path in svg.findall("path")]
    low, high = whiskers[0].split("M")[1].split()[1].split("V")
    assert float(low) - float(high) == pytest.approx(0.3 * heights[1], abs=0.2)


def test_no_bar_leaves_the_plot() -> None:
    svg = ET.fromstring(bars("x", "t", "d", [Bar(letter="A", name="a", interval=Interval(mean=0, low=0, high=0))] * 4))
    width, height = (float(value) for value in svg.attrib["viewBox"].split()[2:])
    for bar in svg.findall("rect"):
        assert 0 <= float(bar.attrib["x"]) <= width - float(bar.attrib["width"])
        assert 0 <= float(bar.attrib["y"]) <= height
