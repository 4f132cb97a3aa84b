"""Two conversations side by side: which questions belong together, and how their answers differ."""

from __future__ import annotations

from typing import Any

from agents import events as kinds
from agents.log.comparing import compare
from tests.agents.test_store import numbered


def talk(*turns: tuple[str, kinds.Event | None]) -> list[kinds.Event]:
    """Questions and what ended them."""
    events: list[kinds.Event] = []
    for question, end in turns:
        events.append(kinds.RunStarted(question=question, team="qa", kb="k", strategy="hybrid"))
        events += [end] if end else []
    return numbered(events)


def said(answer: str, *chunks: str, **more: Any) -> kinds.RunCompleted:
    citations = tuple(
        {"marker": marker, "chunk_id": chunk, "source": f"{chunk}.md", "page": 1}
        for marker, chunk in enumerate(chunks, 1)
    )
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "calls": 1, "cost": 0.5}
    return kinds.RunCompleted(answer=answer, abstained=False, citations=citations, usage=usage, ms=100.0, **more)


def asked(document: dict[str, Any]) -> list[tuple[str | None, str | None, str | None]]:
    return [
        (q["matched"], *((q[side] or {}).get("question") for side in ("first", "second")))
        for q in document["questions"]
    ]


def test_citations_are_shared_by_what_they_cite_whatever_their_numbers() -> None:
    support = ({"sentence": "B.", "status": "unsupported"}, {"sentence": "C.", "status": "uncited"})
    document = compare(
        talk(("多少钱？", said("九十 [1][2].", "a", "b"))),
        talk(("多少钱？", said("四十 [1][2].", "c", "a", support=support))),
    )
    (question,) = document["questions"]
    assert question["citations"] == {
        "shared": [{"chunk_id": "a", "source": "a.md", "page": 1, "markers": [1, 2]}],
        "first": [{"chunk_id": "b", "source": "b.md", "page": 1, "marker": 2}],
        "second": [{"chunk_id": "c", "source": "c.md", "page": 1, "marker": 1}],
    }
    assert not question["same_answer"]
    assert (question["first"]["unsupported"], question["second"]["unsupported"]) == (0, 1)
    assert question["first"]["usage"]["prompt_tokens"] == 10


def test_the_same_questions_belong_together_wherever_they_stand() -> None:
    document = compare(
        talk(("One?", said("1")), ("Only here?", said("x")), ("Two  words?", said("2"))),
        talk(("one?", said("1")), ("two words?", said("zwei")), ("Last?", said("3"))),
    )
    assert asked(document) == [
        ("text", "One?", "one?"),
        (None, "Only here?", None),
        ("text", "Two  words?", "two words?"),
        (None, None, "Last?"),
    ]
    assert [question["same_answer"] for question in document["questions"]] == [True, False, False, False]


def test_other_questions_belong_together_by_their_order() -> None:
    document = compare(
        talk(("How much?", said("1")), ("Same?", said("2"))),
        talk(("What price?", said("1")), ("Same?", said("2"))),
    )
    assert asked(document) == [("order", "How much?", "What price?"), ("text", "Same?", "Same?")]


def test_what_has_no_answer_says_why_and_is_counted() -> None:
    failed = kinds.Failed(error_type="ModelTimeout", message="It took too long.")
    document = compare(talk(("A?", failed), ("B?", None), ("C?", said("", stopped=True))), talk(("A?", failed)))
    first, second, third = (question["first"] for question in document["questions"])
    assert (first["error"], second["error"]) == ("It took too long.", "There is no answer yet.")
    assert (third["error"], third["stopped"]) == ("", True)
    assert not document["questions"][0]["same_answer"]
    assert document["totals"]["first"]["failed"] == 2


def test_a_failed_run_is_billed_by_its_calls() -> None:
    called = kinds.ModelCalled(
        agent="a", purpose="message", provider="p", model="m", messages=(), prompt_tokens=7, cost=0.25
    )
    started, failed = talk(("A?", kinds.Failed(error_type="E", message="No.")))
    document = compare([started, called, failed], [])
    assert document["questions"][0]["first"]["usage"] == {
        "prompt_tokens": 7,
        "completion_tokens": 0,
        "calls": 1,
        "cost": 0.25,
    }


def test_totals_add_up() -> None:
    one, two = said("1 [1].", "a"), said("2 [1].", "b")
    totals = compare(talk(("A?", one), ("B?", two)), talk(("A?", one)))["totals"]
    assert totals["first"]["questions"] == 2
    assert totals["first"]["usage"] == {"prompt_tokens": 20, "completion_tokens": 4, "calls": 2, "cost": 1.0}
    assert (totals["first"]["ms"], totals["second"]["ms"]) == (200.0, 100.0)
    assert totals["citations"] == {"shared": 1, "first": 1, "second": 0}
    assert totals["same_answers"] == 1


def test_nothing_compared_to_nothing_is_nothing() -> None:
    assert compare([], [])["questions"] == []
