from __future__ import annotations

import random
import time
from dataclasses import replace
from itertools import pairwise

import pytest

from agents.events import (
    ApprovalAnswered,
    ApprovalRequested,
    Event,
    Failed,
    MessageCompleted,
    Retrieved,
    RunCompleted,
    RunStarted,
    TokenDelta,
    ToolCalled,
    ToolReturned,
    from_json,
    to_json,
)
from tests.ui.web import computed
from tests.ui.web.markup import ENGLISH, articles
from tests.ui.web.scripted import ANSWER, HOTEL, cited, discussion, passage, streamed
from ui.web import evidence, transcript
from ui.web.reducer import asked, reduce, replay
from ui.web.screen import Screen
from ui.web.view import Approval, Asked, Called, Problem, Ran, Returned, Said, Searched, Stopped, View

START = RunStarted(question="How much?", team="qa", kb="handbook", strategy="hybrid")
EVENTS: list[Event] = [
    *discussion("How much?"),
    ToolCalled(agent="assistant", call_id="t2", tool="list_documents", arguments={}),
    ToolReturned(agent="librarian", call_id="t3", tool="read_document", content="No such page.", ok=False, ms=3),
    ApprovalRequested(agent="code_executor", approval_id="a1", code="1/0", code_sha256="0"),
    ApprovalAnswered(approval_id="a1", approved=False, reason="no"),
    ApprovalAnswered(approval_id="unknown", approved=True),
    ApprovalRequested(agent="code_executor", approval_id="a2", code="2", code_sha256="0", call_id="t2", timeout_s=9),
    MessageCompleted(agent="x", message_id="y", role="tool", content="unasked"),
    Failed(error_type="ModelTimeout", message="Too slow.", hint="Try again."),
    RunCompleted(answer="", abstained=False, stopped=True),
]


def shuffles() -> list[list[Event]]:
    """The script as it is, twice in a row, and in orders no engine would send."""
    order = random.Random(7)
    return [EVENTS, EVENTS * 2, *(order.sample(EVENTS, len(EVENTS)) for _ in range(20))]


@pytest.mark.parametrize("events", shuffles())
def test_every_prefix_can_be_shown(events: list[Event]) -> None:
    view = View()
    for event in events:
        view = reduce(view, event)
        assert all(isinstance(piece, str) for piece in articles(view))
        assert evidence.sources(view, ENGLISH)
        assert isinstance(transcript.status(view, ENGLISH), str)


@pytest.mark.parametrize("events", shuffles())
def test_items_never_leave_their_place(events: list[Event]) -> None:
    views = [replay(events[:end]) for end in range(len(events) + 1)]
    for before, after in pairwise(views):
        kinds = [type(item) for item in before.items]
        assert [type(item) for item in after.items[: len(kinds)]] == kinds


def test_replay_of_the_stored_log_equals_the_live_view() -> None:
    live = asked(View(), "How much?")
    for event in EVENTS:
        live = reduce(live, event)
    assert replay(from_json(to_json(event)) for event in EVENTS) == live


def test_a_whole_discussion_in_the_order_it_happened() -> None:
    view = replay(discussion("How much?"))
    assert [type(item) for item in view.items] == [Asked, Searched, Called, Ran, Said, Said]
    assert [item.agent for item in view.items if isinstance(item, Said)] == ["assistant", "critic"]
    assert view.phase == "done"
    assert view.cited == (1, 2)
    assert view.passages[1]["text"] == HOTEL


def test_a_message_grows_by_its_pieces_and_is_then_replaced_by_the_whole() -> None:
    view = replay(
        [START, TokenDelta(agent="a", message_id="m", text="Ho"), TokenDelta(agent="a", message_id="m", text="t")]
    )
    assert view.items[-1] == Said(agent="a", message_id="m", text="Hot")
    whole = MessageCompleted(agent="a", message_id="m", role="assistant", content="Hotel", completion_tokens=3, ms=5)
    assert reduce(view, whole).items[-1] == Said(agent="a", message_id="m", text="Hotel", done=True, tokens=3, ms=5)


def test_the_same_message_id_in_a_later_run_is_another_message() -> None:
    view = replay([START, *streamed("assistant", "m", "One"), START, *streamed("assistant", "m", "Two")])
    assert [item.text for item in view.items if isinstance(item, Said)] == ["One", "Two"]


def test_the_answer_is_shown_with_checked_citations_where_it_was_said() -> None:
    outcome = RunCompleted(answer="It is 120 [1].", abstained=False, citations=(cited(1, "120"),))
    view = replay([START, *streamed("assistant", "m", "It is 120 [1][9]."), *streamed("critic", "c", "Good."), outcome])
    said = [item for item in view.items if isinstance(item, Said)]
    assert [item.text for item in said] == ["It is 120 [1].", "Good."]
    assert said[0].outcome is outcome


def test_an_answer_nobody_said_is_still_shown() -> None:
    outcome = RunCompleted(answer="It is 120.", abstained=False)
    view = replay([START, *streamed("assistant", "m", "It is 120."), outcome, START, outcome])
    assert [item.text for item in view.items if isinstance(item, Said)] == ["It is 120.", "It is 120."]


def test_a_failure_ends_what_was_open_and_is_not_an_answer() -> None:
    open_call = ToolCalled(agent="assistant", call_id="t", tool="run_python", arguments={})
    failure = Failed(error_type="ModelUnreachable", message="No connection.", hint="Start the server.")
    view = replay([START, open_call, TokenDelta(agent="assistant", message_id="m", text="It"), failure])
    assert view.phase == "failed"
    assert view.items[1:] == (
        Called(call=open_call, done=True),
        Said(agent="assistant", message_id="m", text="It", done=True),
        Problem(failure=failure),
    )


def test_a_stopped_run_keeps_what_was_said() -> None:
    pieces = streamed("assistant", "m", ANSWER)[:5]
    view = replay([START, *pieces, RunCompleted(answer=ANSWER[:20], abstained=False, stopped=True)])
    assert view.phase == "stopped"
    assert isinstance(view.items[-1], Stopped)
    assert [item.text for item in view.items if isinstance(item, Said)] == [ANSWER[:20]]


def test_a_question_is_shown_before_its_run_begins_and_only_once() -> None:
    view = asked(View(), "How much?")
    assert view.busy
    assert "How much?" in articles(view)[0]
    begun = reduce(view, START)
    assert [type(item) for item in begun.items] == [Asked]
    assert not begun.pending


def test_a_question_dropped_while_waiting_stays_on_screen() -> None:
    view = reduce(asked(View(), "How much?"), RunCompleted(answer="", abstained=False, stopped=True))
    assert view.items == (Asked(text="How much?"), Stopped())


def test_a_tool_result_is_shown_once() -> None:
    call = ToolCalled(agent="assistant", call_id="t", tool="list_documents", arguments={})
    result = ToolReturned(agent="librarian", call_id="t", tool="list_documents", content="a.pdf", ok=True, ms=2)
    repeated = MessageCompleted(agent="librarian", message_id="m", role="tool", content="a.pdf")
    view = replay([START, call, result, repeated])
    assert view.items[1:] == (Called(call=call, returned=result, done=True), Returned(result=result))


def test_an_approval_shows_its_answer() -> None:
    request = ApprovalRequested(agent="code_executor", approval_id="a", code="1", code_sha256="0")
    answer = ApprovalAnswered(approval_id="a", approved=True)
    assert replay([START, request, answer]).items[-1] == Approval(request=request, answer=answer)


def test_code_waits_until_it_is_answered_or_its_run_is_over() -> None:
    first, second = (
        ApprovalRequested(agent="code_executor", approval_id=id, code="1", code_sha256="0") for id in ("a", "b")
    )
    view = replay([START, first, second])
    assert view.waiting == first
    view = reduce(view, ApprovalAnswered(approval_id="a", approved=True))
    assert view.waiting == second
    over = reduce(view, RunCompleted(answer="", abstained=False, stopped=True))
    assert over.waiting is None
    assert reduce(over, START).waiting is None
    assert reduce(view, Failed(error_type="X", message="Broke.")).waiting is None


def test_a_call_that_a_person_is_asked_about_shows_its_code_there_only() -> None:
    call = ToolCalled(agent="assistant", call_id="t", tool="run_python", arguments={"code": "print(1)"})
    request = ApprovalRequested(agent="code_executor", approval_id="a", code="print(1)", code_sha256="0", call_id="t")
    called, asked_about = replay([START, call]), replay([START, call, request])
    assert " open>" in articles(called)[1]
    assert " open>" not in articles(asked_about)[1]
    assert articles(asked_about)[2] == ""
    assert "print(1)" in Screen(ENGLISH).of(asked_about, {})["panel"]["html"]
    assert transcript.status(asked_about, ENGLISH) == "Waiting for your approval."


def test_an_answer_that_shows_what_code_made_closes_the_code_of_its_own_run() -> None:
    picture = {"name": "a.png", "media_type": "image/png", "bytes": 1, "path": "/a.png"}
    made = computed.ran(artifacts=(picture,))
    silent = RunCompleted(answer="So it is.", abstained=False)
    view = replay([START, made, silent, START, made, replace(silent, artifacts=(picture,))])
    assert [item.answered for item in view.items if isinstance(item, Ran)] == [False, True]


def test_the_time_left_is_counted_from_the_request() -> None:
    request = ApprovalRequested(
        agent="x", approval_id="a", code="1", code_sha256="0", timeout_s=300, at=time.time() - 100
    )
    view = replay([START, request])
    assert Screen(ENGLISH).of(view, {})["panel"]["left"] == pytest.approx(200, abs=2)
    late = replay([START, replace(request, at=time.time() - 500)])
    assert Screen(ENGLISH).of(late, {})["panel"]["left"] == 0
    assert Screen(ENGLISH).of(replay([START]), {})["panel"] == {"id": "", "html": "", "left": 0}


def test_quotes_of_a_passage_add_up_over_runs() -> None:
    def run(quote: str) -> list[Event]:
        found = Retrieved(agent="retriever", query="q", passages=(passage(1, HOTEL),))
        return [START, found, RunCompleted(answer="a", abstained=False, citations=(cited(1, quote),))]

    view = replay([*run("up to 120 euros"), *run("Breakfast is included."), *run("up to 120 euros")])
    assert view.quotes == {1: ("up to 120 euros", "Breakfast is included.")}


def test_only_events_are_reduced() -> None:
    with pytest.raises(TypeError, match="str is not an event"):
        reduce(View(), "hello")  # type: ignore[arg-type]  # the point of the test


def test_the_view_is_never_changed_in_place() -> None:
    view = replay(EVENTS)
    copy = replace(view, items=tuple(view.items), passages=dict(view.passages), quotes=dict(view.quotes))
    replay([*EVENTS, *EVENTS])
    for event in EVENTS:
        reduce(view, event)
    assert view == copy
