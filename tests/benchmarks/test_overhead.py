"""The benchmark measures what it says, and a simple question costs one model call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.overhead import EXAMPLES, Bench, Timed, bench, model_calls, row, sample_questions, timed

DOCUMENTS = [EXAMPLES / "documents" / name for name in ("workshop-safety.md", "临潮门市价目.csv")]
EARLIER = ("Which gloves should I wear for pouring acid?", "How often are the fume filters changed?")
ENGLISH, CHINESE = "Where do we gather when the fire alarm sounds?", "潮守钟在临潮门市卖多少钱？"


@pytest.fixture(scope="module")
def table() -> Iterator[Bench]:
    with bench(DOCUMENTS) as table:
        yield table


@pytest.mark.parametrize("question", [ENGLISH, CHINESE])
def test_a_simple_question_calls_the_model_once(table: Bench, question: str) -> None:
    assert table.ask(table.fresh(), question).calls == 1


def test_only_a_follow_up_that_leans_on_what_was_said_calls_it_twice(table: Bench) -> None:
    assert list(model_calls(table).values()) == [1, 1, 2, 1]


def test_the_first_token_is_timed_beside_the_search_and_the_bare_endpoint(table: Bench) -> None:
    answers = timed(table, table.fresh, [ENGLISH, CHINESE])

    assert len(answers) == 2
    assert all(0 < one.retrieval_ms < one.ms < 30_000 for one in answers)
    assert all(0 < one.bare_ms < 30_000 for one in answers)


def test_the_bare_endpoint_is_sent_what_the_application_sent(table: Bench) -> None:
    table.ask(table.fresh(), ENGLISH)
    ours, bare = table.server.requests[-2:]

    assert ENGLISH in str(ours.body["messages"])
    assert bare.body == ours.body


def test_a_conversation_under_way_holds_what_was_asked_before_and_nothing_of_its_siblings(table: Bench) -> None:
    begin = table.under_way(EARLIER)
    for question in (ENGLISH, CHINESE):
        table.ask(begin(), question)

    said = [message["content"] for message in table.server.requests[-1].body["messages"]]
    assert [question for question in EARLIER if question not in said] == []
    assert not any(ENGLISH in content for content in said)


def test_the_row_counts_what_is_added_and_leaves_out_what_was_rewritten_first() -> None:
    simple = Timed(ms=50, retrieval_ms=20, bare_ms=10, calls=1)
    rewritten = Timed(ms=5_000, retrieval_ms=20, bare_ms=10, calls=2)

    assert row("first turn", [simple, simple, rewritten]) == (
        "| first turn (2 questions) | 10.0 / 10.0 ms | 50.0 / 50.0 ms | 40.0 / 40.0 ms | 20.0 / 20.0 ms "
        "| p50 <= 30 ms |"
    )


def test_there_are_at_least_forty_different_questions() -> None:
    assert len(set(sample_questions())) >= 40
