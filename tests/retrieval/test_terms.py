from __future__ import annotations

import pytest

from retrieval.answer_types import asked_for, holds
from retrieval.identifiers import all_stand_in
from retrieval.terms import question_terms, stem, terms


@pytest.mark.parametrize(
    "family",
    [
        ("change", "changes", "changed", "changing"),
        ("company", "companies", "company's"),
        ("stop", "stops", "stopped", "stopping"),
        ("operate", "operates", "operation", "operations"),
        ("glass", "glasses"),
        ("day", "days"),
    ],
)
def test_the_forms_of_a_word_agree(family: tuple[str, ...]) -> None:
    assert len({stem(word) for word in family}) == 1


@pytest.mark.parametrize(("one", "other"), [("bus", "bu"), ("gas", "ga"), ("analysis", "analysi"), ("red", "r")])
def test_short_words_keep_their_letters(one: str, other: str) -> None:
    assert stem(one) != other


def test_spelling_does_not_matter() -> None:
    assert terms("ＰＢ－１２ Ｃｏｓｔｓ") == terms("pb-12 costs")
    assert terms("天\n 气") == terms("天气")


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("What is the price of a clock?", ("pric", "clock")),
        ("How long does it take?", ("tak",)),
        ("夜班补贴是多少？", ("夜", "班", "补", "贴", "夜班", "班补", "补贴")),
        ("Lumen 4 的价格", ("lumen", "4", "价", "格", "价格")),
        ("What is it?", ()),
    ],
)
def test_a_question_is_reduced_to_what_can_be_looked_for(question: str, wanted: tuple[str, ...]) -> None:
    assert question_terms(question) == wanted


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("How much does it cost?", "money"),
        ("潮守钟卖多少钱？", "money"),
        ("How heavy is it?", "weight"),
        ("How tall is the tower?", "measure"),
        ("How often are filters changed?", "period"),
        ("海燕气压计多久校准一次？", "period"),
        ("When does it open?", "time"),
        ("Until when can I return it?", "time"),
        ("哪一年成立？", "time"),
        ("How many people are there?", "number"),
        ("有几辆车？", "number"),
        ("Where do we meet when the alarm sounds?", None),
        ("Who built it?", None),
    ],
)
def test_the_kind_of_answer_asked_for(question: str, name: str | None) -> None:
    kind = asked_for(question)
    assert (kind.name if kind else None) == name


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("How much does the Lumen 4 cost?", "The Lumen 4 is new.", False),
        ("How much does the Lumen 4 cost?", "It is £2,480.", True),
        ("How often are filters changed?", "Every station has a filter.", False),
        ("How often are filters changed?", "Filters are changed every six weeks.", True),
        ("How tall is Ann?", "Ann · Room 3.01 · Extension 301", False),
        ("How many days does the Lumen 4 last?", "Lumen 4", False),
        ("When did it open?", "It opened in 2016.", True),
        ("二号仓库损失了多少钱？", "二号仓库漏水。", False),
        ("二号仓库损失了多少钱？", "损失37400元。", True),
        ("多久校准一次？", "每十八个月。", True),
    ],
)
def test_whether_a_sentence_holds_it(question: str, text: str, expected: bool) -> None:
    kind = asked_for(question)
    assert kind is not None
    assert holds(text, kind, question) is expected


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("What is the price of the Lumen 5?", "Lumen 4 · 5 weeks", False),
        ("What is the price of the Lumen 4?", "The Lumen-4 costs £2,480.", True),
        ("Who recalled batch R-118?", "Rings of batch R 118", True),
        ("Who recalled batch R-11?", "Rings of batch R-118, 11 of them", False),
        ("What happened in 1999?", "In 1998 nothing happened.", False),
        ("What happened on March 14?", "It stopped on 14 March.", True),
        ("PB-12 卖多少钱？", "海燕黄铜气压计 PB-12", True),
        ("iPhone 的价格是多少？", "手机的价格", False),
        ("Who is Ann?", "Nobody knows.", True),
    ],
)
def test_numbers_and_codes_must_stand_in_the_evidence(question: str, text: str, expected: bool) -> None:
    assert all_stand_in(question, text) is expected
