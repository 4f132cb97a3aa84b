from __future__ import annotations

import re

import pytest

from retrieval.citations import cite, markers, without_markers
from retrieval.types import Passage
from tests.retrieval.passages import make_hit, numbered

PASSAGES = numbered(
    make_hit(
        "The barometer costs £240. It weighs 1.2 kg. Dr. Marlowe built the first one in 1987.",
        source="list.pdf",
        page=2,
        page_last=3,
        boxes={2: ((1.0, 2.0, 3.0, 4.0),), 3: ((5.0, 6.0, 7.0, 8.0),)},
        headings=("Instruments", "Barometers"),
    ),
    make_hit("退货期限为三十天。国内的运费由我们承担。", source="退货.md"),
    make_hit("| Part | Price |\n|---|---|\n| Ring | 4.5 |\n| Glass | 18 |", source="parts.xlsx", page=1),
)


@pytest.mark.parametrize(
    ("answer", "cleaned", "markers"),
    [
        ("It costs £240 [1].", "It costs £240 [1].", [1]),
        ("A [2], B [1], C [2].", "A [2], B [1], C [2].", [2, 1]),
        ("Both [1, 3] and [1][2].", "Both [1][3] and [1][2].", [1, 3, 2]),
        ("All [1-3], all [1–3].", "All [1][2][3], all [1][2][3].", [1, 2, 3]),
        ("三十天【2】，运费［２］。单价〔3〕", "三十天[2]，运费[2]。单价〔3〕", [2]),
        ("As said【1†source】.", "As said[1].", [1]),
        ("Made up [7]. Half [1, 9].", "Made up. Half [1].", [1]),
        ("Nothing [9] at all [0] .", "Nothing at all .", []),
        ("In [2024] he said [sic].", "In [2024] he said [sic].", []),
        ("Take `row[1]`, see [1](http://x).", "Take `row[1]`, see [1](http://x).", []),
        ("```\nx = [1]\n```\nDone [3]", "```\nx = [1]\n```\nDone [3]", [3]),
        ("[8]", "", []),
        ("", "", []),
    ],
)
def test_markers_are_read_in_every_spelling_and_invented_ones_go(answer: str, cleaned: str, markers: list[int]) -> None:
    text, citations = cite(answer, PASSAGES)
    assert text == cleaned
    assert [citation.marker for citation in citations] == markers


@pytest.mark.parametrize(
    ("answer", "quotes"),
    [
        ("The weight is 1.2 kg [1].", {1: "It weighs 1.2 kg."}),
        ("It was built by Dr. Marlowe in 1987. [1] The ring costs 4.5. [3]", {1: "Dr. Marlowe", 3: "| Ring | 4.5 |"}),
        ("According to [3], the glass is 18.", {3: "| Glass | 18 |"}),
        ("Glass is 18 [3], while the barometer costs £240 [1].", {3: "| Glass | 18 |", 1: "The barometer costs £240."}),
        ("国内的运费由谁承担？由公司承担运费【2】。", {2: "国内的运费由我们承担。"}),
        ("Prices:\n[1] The barometer weighs 1.2 kg.\n[3] Ring 4.5", {1: "It weighs 1.2 kg.", 3: "| Ring | 4.5 |"}),
        ("Part: Glass · Price: 18 [3]", {3: "| Glass | 18 |"}),
        ("什么都不一样 [3]", {3: "| Ring | 4.5 |"}),
    ],
)
def test_the_quote_is_the_sentence_that_supports_the_claim(answer: str, quotes: dict[int, str]) -> None:
    _, citations = cite(answer, PASSAGES)
    assert {citation.marker for citation in citations} == quotes.keys()
    for citation in citations:
        assert citation.quote.startswith(quotes[citation.marker])


def test_each_marker_rests_on_its_own_part_of_a_sentence() -> None:
    text = "The clock costs 1150 pounds. The ring costs 4.5 pounds."
    passages = numbered(make_hit(text, id="a"), make_hit(text, id="b"))
    _, citations = cite("The clock costs 1150 pounds [1] and the rubber ring costs 4.5 pounds [2].", passages)
    assert [citation.quote for citation in citations] == ["The clock costs 1150 pounds.", "The ring costs 4.5 pounds."]


def test_a_short_sentence_that_says_it_all_is_the_better_quote() -> None:
    text = (
        "The barometer, of which Ann sold a dozen in 1987, weighs 1.2 kg and hangs on a brass hook. It weighs 1.2 kg."
    )
    _, (citation,) = cite("It weighs 1.2 kg [1].", numbered(make_hit(text)))
    assert citation.quote == "It weighs 1.2 kg."


def test_a_citation_says_where_its_words_are() -> None:
    _, (citation,) = cite("It costs £240 [1].", PASSAGES)
    assert citation.source == "list.pdf"
    assert citation.page == 2
    assert dict(citation.boxes) == {2: ((1.0, 2.0, 3.0, 4.0),), 3: ((5.0, 6.0, 7.0, 8.0),)}
    assert citation.headings == ("Instruments", "Barometers")


ANSWERS = [
    "One [1]. Two [2, 3][9]. 三【1】；[4–8] five",
    "[1][2][3]",
    "| a | b [1] |\n|---|---|\n| c [2] | d [3] |",
    "Wardens:\n- Ann [1]\n- Bo [2]\n\nEnd.\n\n[3]",
    "x" * 5000 + " [2] " + "[1" * 2000,
]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("passages", [PASSAGES, PASSAGES[1:], ()])
def test_markers_and_citations_agree_and_quotes_are_verbatim(answer: str, passages: tuple[Passage, ...]) -> None:
    text, citations = cite(answer, passages)
    used = dict.fromkeys(int(marker) for marker in re.findall(r"\[(\d+)\]", text))
    assert [citation.marker for citation in citations] == list(used)
    texts = {passage.marker: passage.hit.chunk.text for passage in passages}
    assert all(citation.quote and citation.quote in texts[citation.marker] for citation in citations)


def test_reading_an_answer_again_changes_nothing() -> None:
    for answer in ANSWERS:
        text, citations = cite(answer, PASSAGES)
        assert cite(text, PASSAGES) == (text, citations)


def test_text_can_be_freed_of_all_markers() -> None:
    assert without_markers("Shown before [12], twice [3–5].") == "Shown before, twice."


def test_a_long_conversation_has_markers_beyond_a_thousand_and_a_year_is_none() -> None:
    from dataclasses import replace

    (first,) = numbered(make_hit(text="The pier was built in 1904."))
    passages = (replace(first, marker=1234),)
    answer = "It was built in [1904] and stands [1234]."
    assert cite(answer, passages)[0] == answer
    assert markers(answer) == (1904, 1234)
