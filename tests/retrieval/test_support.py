from __future__ import annotations

import itertools
import json
import time
from collections.abc import Sequence

import numpy as np
import pytest

from retrieval.citations import cite
from retrieval.embedding.hashing import HashingEmbedder
from retrieval.extractive import NOT_FOUND
from retrieval.extractive import answer as extract
from retrieval.ports import Vectors
from retrieval.support import ENOUGH_WORDS, Status, Verdict, check_support
from retrieval.types import Passage
from tests.retrieval.passages import make_hit, numbered

PASSAGES = numbered(
    make_hit(
        "Everyone has 26 days of annual leave a year, besides the public holidays. Up to 5 unused days may be carried "
        "over; they lapse on 31 March. The deposit is £1,080 and is paid to Callum Reid. Revenue was 1.2 million in "
        "2023. Valve R-118 opens at 40 %. The bell rings at 7:00. Samples are not returned to the customer.",
        source="handbook.pdf",
        title="Employee Handbook",
        headings=("2 Annual leave",),
        page=1,
    ),
    make_hit(
        "| Instrument | Price (GBP) | Weight (kg) |\n|---|---|---|\n| Petrel barometer | 240 | 1.2 |\n"
        "| Tidewatch clock | 1150 | 6.8 |",
        source="price-list.xlsx",
    ),
    make_hit(
        "入职满一年的同事每年有12天年假。此后每满三年增加2天，最多20天。停工通知由沈听澜在早上七点之前发出。"
        "酒精不能用于清洁表盘。合同于2024年3月5日签订，金额为三十五万元。",
        source="员工手册.md",
        headings=("员工手册", "年假"),
    ),
    make_hit("Broken glass.\n\nAnemometers mounted upside down.", headings=("Warranty", "What is not covered")),
)


def statuses(answer: str, passages: Sequence[Passage] = PASSAGES) -> list[Status]:
    verdicts = check_support(answer, passages, None)
    assert all(answer[verdict.start : verdict.end] == verdict.sentence for verdict in verdicts)
    return [verdict.status for verdict in verdicts]


def only(answer: str, passages: Sequence[Passage] = PASSAGES) -> Verdict:
    (verdict,) = check_support(answer, passages, None)
    return verdict


@pytest.mark.parametrize(
    "claim",
    [
        "Everyone has 26 days of annual leave [1].",
        "According to the handbook, up to 5 unused days may be carried over [1].",
        "A Tidewatch clock costs £1150 [2].",
        "Instrument: Tidewatch clock · Price (GBP): 1150 [2]",
        "Broken glass is not covered by the warranty [4].",
        "入职满一年的同事有12天年假[3]。",
        "根据员工手册，停工通知由沈听澜发出[3]。",
        "年假最多20天[3]。",
    ],
)
def test_what_the_cited_passage_says_is_supported(claim: str) -> None:
    verdict = only(claim)
    assert verdict.status == "supported"
    assert 0.65 <= verdict.score <= 1


@pytest.mark.parametrize(
    "claim",
    [
        "Everyone has 26 days of annual leave [2].",
        "The kitchen is cleaned by the night porter [1].",
        "A Tidewatch clock costs £1150 [1].",
        "入职满一年的同事享受免费体检和交通补贴[3]。",
        "食堂的菜单每周更换，由厨师长决定[3]。",
    ],
)
def test_what_the_cited_passage_does_not_say_is_unsupported(claim: str) -> None:
    assert only(claim).status == "unsupported"


@pytest.mark.parametrize(
    "claim",
    [
        "The deposit is £1080 [1].",
        "The deposit is £1 080 [1].",
        "Revenue was 1,200,000 in 2023 [1].",
        "Revenue was 1.20 million in 2023 [1].",
        "Valve R-118 opens at 40% [1].",
        "Valve R118 opens at forty percent [1].",
        "Everyone has twenty-six days of annual leave [1].",
        "They lapse on March 31 [1].",
        "The bell rings at 7 [1].",
        "Up to 5 may be carried over [1].",
        "入职满一年的同事每年有十二天年假[3]。",
        "此后每满3年增加两天[3]。",
        "合同于二〇二四年三月五日签订[3]。",
        "合同于2024-03-05签订[3]。",
        "合同金额为35万元[3]。",
        "合同金额为350,000元[3]。",
    ],
)
def test_a_number_may_be_written_in_another_way(claim: str) -> None:
    assert only(claim).status == "supported"


@pytest.mark.parametrize(
    "claim",
    [
        "Everyone has 27 days of annual leave a year, besides the public holidays [1].",
        "Everyone has twenty-seven days of annual leave a year, besides the public holidays [1].",
        "Up to 5 unused days may be carried over; they lapse on 31 April [1].",
        "The deposit is £10,800 [1].",
        "Revenue was 1.2 billion in 2023 [1].",
        "Valve R-119 opens at 40 % [1].",
        "Valve S-118 opens at 40 % [1].",
        "| Petrel barometer | 340 [2] |",
        "入职满一年的同事每年有15天年假[3]。",
        "入职满一年的同事每年有十五天年假[3]。",
        "此后每满三年增加四天[3]。",
        "合同于2024年6月5日签订[3]。",
        "合同金额为三十五亿元[3]。",
    ],
)
def test_a_number_that_does_not_stand_there_is_unsupported_however_much_else_does(claim: str) -> None:
    assert only(claim).status == "unsupported"


@pytest.mark.parametrize(
    "claim",
    [
        "The deposit is £1,080 and is paid to Callum Wren [1].",
        "停工通知由欧阳靖雯在早上七点之前发出[3]。",
        "停工通知由Callum在早上七点之前发出[3]。",
    ],
)
def test_a_name_that_does_not_stand_there_is_unsupported(claim: str) -> None:
    assert only(claim).status == "unsupported"


@pytest.mark.parametrize(
    ("claim", "status"),
    [
        ("Samples are not returned to the customer [1].", "supported"),
        ("Samples are never returned to the customer [1].", "supported"),
        ("Samples are returned to the customer [1].", "unsupported"),
        ("Everyone doesn't have 26 days of annual leave a year [1].", "unsupported"),
        ("Broken glass is covered [4].", "unsupported"),
        ("酒精不能用于清洁表盘[3]。", "supported"),
        ("酒精不可用于清洁表盘[3]。", "supported"),
        ("酒精可以用于清洁表盘[3]。", "unsupported"),
        ("入职满一年的同事没有12天年假[3]。", "unsupported"),
    ],
)
def test_the_opposite_is_unsupported(claim: str, status: str) -> None:
    assert only(claim).status == status


def test_a_denial_of_something_else_does_not_count() -> None:
    passages = numbered(
        make_hit("The frame is covered for two years. The glass is not covered. 运费由我们承担，但关税不由我们承担。")
    )
    assert statuses("The frame is covered for two years [1].", passages) == ["supported"]
    assert statuses("运费由我们承担[1]。", passages) == ["supported"]


@pytest.mark.parametrize(
    ("claim", "status"),
    [
        ("Colleagues get 12 days after one year [3].", "supported"),
        ("Colleagues get 15 days after one year [3].", "unsupported"),
        ("The contract was signed on 5 March 2024 for 350 thousand [3].", "supported"),
        ("The contract was signed on 5 June 2024 [3].", "unsupported"),
        ("押金是1080英镑，付给Callum Reid[1]。", "supported"),
        ("押金是一千零八十英镑[1]。", "supported"),
        ("押金是1090英镑[1]。", "unsupported"),
        ("押金付给Tomasz Wren[1]。", "unsupported"),
        ("每个人都有带薪年假[1]。", "supported"),
    ],
)
def test_between_languages_numbers_and_names_are_what_counts(claim: str, status: str) -> None:
    verdict = only(claim)
    assert verdict.status == status
    assert verdict.score < ENOUGH_WORDS


def test_one_sentence_may_rest_on_several_passages() -> None:
    claim = "Everyone has 26 days of annual leave, and a Petrel barometer weighs 1.2 kg [1][2]."
    assert only(claim).markers == (1, 2)
    assert only(claim).status == "supported"
    assert only(claim.replace("[1][2]", "[1]")).status == "unsupported"


def test_each_sentence_is_judged_on_its_own_and_in_order() -> None:
    answer = "Everyone has 26 days of annual leave [1]. The deposit is £90. [1] 年假最多20天。[3]年假最多30天[3]。"
    found = check_support(answer, PASSAGES, None)
    assert [(verdict.sentence, verdict.status) for verdict in found] == [
        ("Everyone has 26 days of annual leave [1].", "supported"),
        ("The deposit is £90. [1]", "unsupported"),
        ("年假最多20天。[3]", "supported"),
        ("年假最多30天[3]。", "unsupported"),
    ]


def test_a_marker_covers_the_sentences_before_it_on_its_line() -> None:
    answer = "Everyone has 26 days of annual leave. The deposit is £90. Up to 5 may be carried over [1]. Valves leak."
    verdicts = check_support(answer, PASSAGES, None)
    assert [verdict.markers for verdict in verdicts] == [(1,), (1,), (1,), ()]
    assert [verdict.status for verdict in verdicts] == ["supported", "unsupported", "supported", "uncited"]
    assert statuses("Everyone has 26 days of annual leave.\n\nUp to 5 may be carried over [1].") == [
        "uncited",
        "supported",
    ]


def test_list_items_and_table_rows_stand_alone() -> None:
    answer = (
        "Prices:\n\n- Petrel barometer: 240 [2]\n- Tidewatch clock: 1150\n1. Tidewatch clock: 1250 [2]\n\n"
        "| Instrument | Price |\n|---|---|\n| Tidewatch clock | 1150 [2] |\n| Petrel barometer | 240 |"
    )
    assert statuses(answer) == ["supported", "uncited", "unsupported", "supported", "uncited"]


def test_a_cited_lead_covers_its_list() -> None:
    answer = "The prices are [2]:\n- Petrel barometer 240\n- Tidewatch clock 1250\n\nEveryone has 26 days."
    assert statuses(answer) == ["supported", "supported", "unsupported", "uncited"]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "# Annual leave in 2023",
        "**Annual leave**",
        "Here is what I found:",
        "Shall I look up the price of the clock as well?",
        "需要我再查一下价格吗？",
        "Sure! I hope this helps. Let me know if you have further questions.",
        "希望对您有帮助。",
        "以下是相关内容：",
        "```python\nprice = 1150  # [2]\n```",
        "`price = 1150 [2]`",
        "[1]",
        "The passages don't mention a dress code [1].",
        "资料中未提及着装要求[1]。",
        *NOT_FOUND.values(),
    ],
)
def test_what_states_nothing_gets_no_verdict(answer: str) -> None:
    assert check_support(answer, PASSAGES, None) == ()


@pytest.mark.parametrize("answer", ["The clock costs 1150.", "钟的价格是1150。", "The clock costs 1150 [7]."])
def test_a_statement_without_a_marker_is_uncited(answer: str) -> None:
    verdict = only(answer)
    assert (verdict.status, verdict.markers, verdict.score) == ("uncited", (), 0.0)


class Opinion(HashingEmbedder):
    """Finds that texts with one word mean the same and that all others are unrelated; notes what it is asked."""

    def __init__(self, word: str, *, reads: bool = True) -> None:
        super().__init__(dimension=2)
        self.word, self.readable, self.asked = word, reads, list[list[str]]()

    def reads(self, text: str) -> float:  # noqa: ARG002
        return float(self.readable)

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked.append(list(texts))
        rows = [(1.0, 0.0) if self.word in text else (0.0, 1.0) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(-1, 2)


PARAPHRASE = "Staff enjoy 26 days of holiday entitlement annually [1]."


@pytest.mark.parametrize(("word", "status"), [("days", "supported"), ("nowhere", "unsupported")])
def test_meaning_can_save_a_paraphrase(word: str, status: str) -> None:
    (verdict,) = check_support(PARAPHRASE, PASSAGES, Opinion(word))
    assert verdict.status == status
    assert only(PARAPHRASE).status == "unsupported"


def test_meaning_cannot_save_a_wrong_number_a_wrong_name_or_the_opposite() -> None:
    answer = (
        "Staff enjoy 27 days of holiday entitlement annually [1]. Some money from days past goes to Mr Wren [1]. "
        "Staff never enjoy days of holiday entitlement [2]."
    )
    assert {verdict.status for verdict in check_support(answer, PASSAGES, Opinion("a"))} == {"unsupported"}


def test_the_embedder_is_asked_once_and_only_about_what_words_leave_open() -> None:
    embedder = Opinion("days")
    check_support("Everyone has 26 days of annual leave [1]. The deposit is £90 [1].", PASSAGES, embedder)
    assert embedder.asked == []
    check_support(f"{PARAPHRASE} Porters may sleep late on rainy days [1]. A day is long.", PASSAGES, embedder)
    assert len(embedder.asked) == 1
    assert len(embedder.asked[0]) <= 9


def test_an_embedder_that_cannot_read_is_not_asked() -> None:
    embedder = Opinion("days", reads=False)
    assert check_support(PARAPHRASE, PASSAGES, embedder)[0].status == "unsupported"
    assert embedder.asked == []


def test_an_embedder_that_reads_both_languages_tells_how_close_they_are() -> None:
    (verdict,) = check_support("每个人都有带薪年假[1]。", PASSAGES, Opinion("年假"))
    assert verdict.status == "supported"


@pytest.mark.parametrize(
    "question",
    ["How many days of annual leave are there?", "What is the price of the Tidewatch clock?", "有多少天年假？"],
)
def test_quotations_are_supported(question: str) -> None:
    found = extract(question, PASSAGES, HashingEmbedder())
    assert not found.abstained
    assert set(statuses(found.text)) == {"supported"}


ANSWERS = [
    "One [1]. Two [2, 3][9]. 三【1】；[4–8] five",
    "Costs 5 [1]\nand 7 [2]\n\n[3] Begins a line. `x [1]` [2](http://x) [1]",
    "Wardens:\n- Ann [1]\n- Bo [2]\n\nEnd.\n\n[3]",
    "| a | b [1] |\n|---|---|\n| c [2] | d [3] |",
    "``` [1] unclosed\nx = [1]",
    "x" * 5000 + " [2] " + "[1" * 2000,
    "Ann B " * 800 + "[1]",
    "一" * 3000 + "万" * 3000 + "9" * 3000 + "[1]",
    "1,000," * 900 + "不" * 2000 + "[3]",
]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("passages", [PASSAGES, PASSAGES[1:], ()])
def test_any_answer_is_judged_quickly_and_in_order(answer: str, passages: tuple[Passage, ...]) -> None:
    text, _ = cite(answer, passages)
    started = time.perf_counter()
    verdicts = check_support(text, passages, HashingEmbedder())
    assert time.perf_counter() - started < 2
    assert [verdict.sentence for verdict in verdicts] == [text[verdict.start : verdict.end] for verdict in verdicts]
    assert all(one.end <= other.start for one, other in itertools.pairwise(verdicts))
    assert all(0 <= verdict.score <= 1 for verdict in verdicts)
    assert all(set(verdict.markers) <= {passage.marker for passage in passages} for verdict in verdicts)


def test_a_verdict_goes_into_json() -> None:
    verdict = only("Everyone has 26 days of annual leave [1].")
    assert json.loads(json.dumps(verdict.as_dict())) == {
        "sentence": "Everyone has 26 days of annual leave [1].",
        "start": 0,
        "end": 41,
        "markers": [1],
        "status": "supported",
        "score": 1.0,
    }
