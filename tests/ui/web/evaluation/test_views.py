"""What is drawn: nothing of what people wrote is taken for HTML, and every state says what it is."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from retrieval.evaluation.questions import Question
from tests.ui.web.evaluation.recorded import HEAD, TITLES, record
from ui.web.evaluation.bench import Progress
from ui.web.evaluation.comparison import Side, compare
from ui.web.evaluation.difference_view import Compared, differences
from ui.web.evaluation.figures import figures
from ui.web.evaluation.progress_view import progress
from ui.web.evaluation.question_view import MOST_SHOWN, editor, tally
from ui.web.evaluation.records import State
from ui.web.evaluation.result_view import result, signed
from ui.web.evaluation.runs_view import runs
from ui.web.evaluation.setup_view import Offer, setup
from ui.web.visitor import Role, Visitor
from ui.web.words import Language, words_in

EVIL = '<img src=x onerror="alert(1)">&'
ENGLISH = words_in("en")
SIDES = Side(record=record(), strategy="dense"), Side(record=record(), strategy="hybrid")


def visitor(role: Role = "admin", *, owner: str = "", language: Language = "en") -> Visitor:
    return Visitor(owner=owner, role=role, browser="b", language=language)


def compared(**changes: object) -> Compared:
    sides = (("r/dense", "dense · today"), ("r/hybrid", EVIL))
    return replace(Compared(sides=sides, first="r/dense", second="r/hybrid", measure="mrr@10"), **changes)  # type: ignore[arg-type]


def drawn(compared: Compared) -> str:
    rows = compare(*SIDES, "mrr@10", compared.order)
    return differences(ENGLISH, compared, rows, (TITLES, TITLES))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_people_wrote_is_never_html(language: Language) -> None:
    evil, words = replace(HEAD, name=EVIL, owner=EVIL, state="failed", problem=EVIL), words_in(language)
    who = visitor("editor", owner="else", language=language)
    questions = [Question(text=EVIL, sources=(EVIL,), answer=EVIL, id="1")]
    html = "".join((
        runs(who, [evil], evil.id),
        result(words, evil, figures(record(evil))),
        progress(who, Progress(head=evil, strategy="dense", done=1, total=3)),
        editor(words, EVIL, questions, [EVIL], {EVIL}),
        setup(who, Offer(ready=True, kbs=(EVIL,), kb=EVIL, datasets=(EVIL,), strategies=(EVIL,))),
        drawn(compared()),
    ))  # fmt: skip
    assert "<img" not in html
    assert "<b>" not in html
    assert "<i>" not in html
    assert 'onerror="' not in html
    assert "&lt;img" in html


def test_the_table_says_every_value_of_the_bars() -> None:
    html = result(ENGLISH, record().head, figures(record()))
    for values in figures(record()).values.values():
        for value in values.values():
            assert f"<strong>{value.mean:.3f}</strong> <small>[{value.low:.3f}, {value.high:.3f}]</small>" in html
    assert html.count("<svg") == html.count("<figcaption>") == 6


def test_every_drawing_is_well_formed() -> None:
    ET.fromstring(result(ENGLISH, replace(HEAD, state="cancelled", finished=("dense",)), figures(record())))


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("interrupted", "The server was restarted during this run. 1 of 2 strategies were finished and are kept."),
        ("cancelled", "This run was cancelled. 1 of 2"),
        ("failed", "This run failed. 1 of 2"),
    ],
)
def test_a_run_that_did_not_end_well_says_so(state: State, told: str) -> None:
    head = replace(HEAD, state=state, finished=("dense",))
    assert told in result(ENGLISH, head, figures(record()))


def test_signs_are_those_of_print_and_zero_has_none() -> None:
    assert [signed(value) for value in (0.25, -0.25, -0.0001, 1.0, -10.0)] == [
        "+0.250",
        "−0.250",
        "0.000",
        "+1.000",
        "−10.000",
    ]


def test_only_different_questions_are_listed_when_asked_for() -> None:
    assert drawn(compared()).count("<details") == 3
    assert drawn(compared(only_different=True)).count("<details") == 2
    assert "3 questions were asked on both sides; 2 differ." in drawn(compared(only_different=True))


def test_many_questions_are_listed_in_pages() -> None:
    html = drawn(compared(shown=1))
    assert html.count("<details") == 1
    assert "Show 2 more" in html


def test_a_question_opens_to_both_top_lists_with_the_expected_document_marked() -> None:
    (shown,) = [part for part in drawn(compared()).split("<details")[1:] if "=cmd()" in part]
    first, second = shown.split("<h4>")[1:]
    assert "First: not in the first 20" in shown
    assert "Second: rank 2" in shown
    assert "Expected: Contacts" in first
    assert '<li class="expected">Contacts' in second or "<li class=expected>Contacts" in second


def test_one_ranking_alone_asks_for_another() -> None:
    html = differences(ENGLISH, compared(sides=(("r/dense", "dense"),), second=""), [], ({}, {}))
    assert "Measure a second strategy" in html
    assert "<select" not in html


def test_who_only_reads_is_offered_nothing_to_run_or_delete() -> None:
    reader = visitor("reader")
    offer = Offer(ready=True, kbs=("handbook",), kb="handbook", strategies=("dense",))
    assert "<form" not in setup(reader, offer)
    assert "takes the role editor" in setup(reader, offer)
    assert 'data-act="delete"' not in runs(reader, [record().head], "")
    assert 'data-act="delete"' in runs(visitor("editor"), [record().head], "")


@pytest.mark.parametrize(
    ("who", "may"),
    [
        (visitor("editor", owner="anna"), True),
        (visitor("editor", owner="ben"), False),
        (visitor("admin", owner="ben"), True),
        (visitor("reader", owner="anna"), False),
    ],
)
def test_a_run_is_cancelled_by_who_began_it_or_an_administrator(who: Visitor, may: bool) -> None:
    running = Progress(head=replace(HEAD, owner="anna"), strategy="hybrid", done=4, total=9)
    html = progress(who, running)
    assert ('data-act="cancel"' in html) is may
    assert "hybrid: question 4 of 9 · Strategy 2 of 2" in html


def test_a_path_on_the_server_is_asked_of_administrators_only() -> None:
    offer = Offer(ready=True, kbs=("handbook",), kb="handbook")
    assert 'name="path"' in setup(visitor("admin"), offer)
    assert 'name="path"' not in setup(visitor("editor"), offer)


def test_without_questions_two_sentences_explain_and_three_examples_are_offered() -> None:
    html = editor(ENGLISH, "handbook", [], [], set())
    assert "There are no questions about this knowledge base yet. Write what people would ask" in html
    assert 'data-act="examples"' in html
    assert tally(ENGLISH, [], set()) == ""


def test_a_document_that_is_not_there_is_marked_and_its_question_counted() -> None:
    questions = [
        Question(text="a", sources=("gone.pdf",)),
        Question(text="b", sources=("here.pdf",)),
        Question(text="c"),
    ]
    html = editor(ENGLISH, "handbook", questions, ["here.pdf"], {"here.pdf"})
    assert html.count("chip absent") == 1
    assert "3 questions, saved. 2 have no document" in tally(ENGLISH, questions, {"here.pdf"})


def test_a_long_list_is_drawn_in_part() -> None:
    questions = [Question(text=str(number)) for number in range(MOST_SHOWN + 2)]
    html = editor(ENGLISH, "handbook", questions, [], set())
    assert html.count("<fieldset") == MOST_SHOWN + 1
    assert "and 2 more" in html
