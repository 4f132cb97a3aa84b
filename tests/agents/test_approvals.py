"""A request gets one answer, in time, about the code that was shown; everything else is refused in a sentence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from agents.errors import ConversationError, RunStopped
from agents.events import ApprovalAnswered, ApprovalRequested, Event
from agents.safety.approval_policy import code_hash
from agents.safety.approvals import REASON_CHARS, Approvals

CODE = "print(90 * 12)"
SHOWN = code_hash(CODE)


class Waiter:
    """A run that asks for CODE in a thread of its own; `log` holds what it recorded."""

    def __init__(self, *, timeout_s: float = 30.0, keep: Callable[[Event], None] = lambda _: None) -> None:
        self.approvals, self.stop = Approvals(), threading.Event()
        self.log: list[Event] = []
        self._keep, self._asked = keep, threading.Event()
        request = ApprovalRequested(
            agent="coder", approval_id="a1", code=CODE, code_sha256=SHOWN, reason="Because.", timeout_s=timeout_s
        )
        self._pool = ThreadPoolExecutor(1)
        self.answer: Future[ApprovalAnswered] = self._pool.submit(
            self.approvals.ask, request, emit=self.emit, stop=self.stop
        )
        assert self._asked.wait(5)

    def emit(self, event: Event) -> None:
        self._keep(event)
        self.log.append(event)
        self._asked.set()

    def say(self, **how: Any) -> None:
        self.approvals.answer("a1", **{"approved": True, "code_sha256": SHOWN, **how})


def test_what_is_approved_is_what_was_shown() -> None:
    waiter = Waiter()
    waiter.say()
    answer = waiter.answer.result(5)
    assert (answer.approved, answer.code, answer.code_sha256, answer.edited) == (True, CODE, SHOWN, False)
    assert waiter.log[1:] == [answer]


def test_an_edit_replaces_the_code_and_says_so() -> None:
    waiter = Waiter()
    waiter.say(code="print(1)", reason="Shorter.")
    answer = waiter.answer.result(5)
    assert (answer.code, answer.code_sha256, answer.edited) == ("print(1)", code_hash("print(1)"), True)
    assert answer.reason == "Shorter."


def test_sending_the_same_code_back_is_no_edit() -> None:
    waiter = Waiter()
    waiter.say(code=CODE)
    assert not waiter.answer.result(5).edited


def test_a_no_leaves_no_code_to_run() -> None:
    waiter = Waiter()
    waiter.say(approved=False, code="print(1)", reason="Not today.")
    answer = waiter.answer.result(5)
    assert (answer.approved, answer.code, answer.code_sha256, answer.reason) == (False, "", "", "Not today.")


@pytest.mark.parametrize("word", ["false", "no", 1, [0]])
def test_only_true_is_a_yes(word: Any) -> None:
    waiter = Waiter()
    waiter.say(approved=word)
    assert not waiter.answer.result(5).approved


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"code_sha256": code_hash("print(2)")}, "about other code"),
        ({"code_sha256": ""}, "about other code"),
        ({"approved": False, "code_sha256": "x"}, "about other code"),
        ({"code": ""}, "There is no code to run"),
        ({"code": " \n\t"}, "There is no code to run"),
        ({"code": "print('\0')"}, "NUL"),
        ({"code": "print('\ud800')"}, "surrogate"),
        ({"code": "x = 1\n" * 400_000}, "bytes long"),
        ({"reason": "x" * (REASON_CHARS + 1)}, "The reason has"),
    ],
)
def test_a_bad_answer_is_refused_and_the_code_waits_on(how: dict[str, Any], sentence: str) -> None:
    waiter = Waiter()
    with pytest.raises(ConversationError, match=sentence) as caught:
        waiter.say(**how)
    assert "\n" not in str(caught.value)
    assert len(waiter.log) == 1
    waiter.say()
    assert waiter.answer.result(5).approved


def test_an_unknown_request_is_refused() -> None:
    with pytest.raises(ConversationError, match="no code that waits as 'x'"):
        Approvals().answer("x", approved=True, code_sha256=SHOWN)


def test_a_second_answer_is_refused_before_and_after_the_run_goes_on() -> None:
    waiter = Waiter()
    waiter.say()
    with pytest.raises(ConversationError, match="answered before"):
        waiter.say(approved=False)
    assert waiter.answer.result(5).approved
    with pytest.raises(ConversationError, match="answered before"):
        waiter.say(approved=False)
    assert len(waiter.log) == 2


def test_of_twenty_answers_at_once_one_wins_and_is_what_runs() -> None:
    for _ in range(20):
        waiter, start = Waiter(), threading.Barrier(20)

        def give(n: int, waiter: Waiter = waiter, start: threading.Barrier = start) -> int | None:
            start.wait()
            try:
                waiter.say(code=f"print({n})", approved=n % 3 > 0)
            except ConversationError:
                return None
            return n

        with ThreadPoolExecutor(20) as pool:
            (winner,) = [n for n in pool.map(give, range(20)) if n is not None]
        answer = waiter.answer.result(5)
        assert answer.code == (f"print({winner})" if winner % 3 else "")
        assert waiter.log[1:] == [answer]


def test_no_answer_in_time_is_a_no_and_a_late_one_is_refused() -> None:
    waiter = Waiter(timeout_s=0.1)
    answer = waiter.answer.result(5)
    assert not answer.approved
    assert answer.reason == "Nobody answered within 0.1 s."
    assert waiter.log[1:] == [answer]
    with pytest.raises(ConversationError, match=r"Nobody answered within 0\.1 s\. The code did not run"):
        waiter.say()


def test_a_stop_ends_the_waiting_within_a_second_whatever_is_answered() -> None:
    waiter = Waiter()
    started = time.monotonic()
    waiter.stop.set()
    with pytest.raises(ConversationError, match="over"):
        waiter.say()
    with pytest.raises(RunStopped):
        waiter.answer.result(5)
    assert time.monotonic() - started < 1.0
    assert len(waiter.log) == 1
    with pytest.raises(ConversationError, match="over"):
        waiter.say()


def test_an_answer_that_cannot_be_logged_lets_nothing_run() -> None:
    full = threading.Event()

    def keep(event: Event) -> None:
        if full.is_set():
            raise ConversationError("The disk is full.")

    waiter = Waiter(keep=keep)
    full.set()
    with pytest.raises(ConversationError, match="The disk is full"):
        waiter.say()
    assert not waiter.answer.done()
    full.clear()
    waiter.say()
    assert waiter.answer.result(5).approved


def test_an_answer_to_a_run_that_is_over_is_refused() -> None:
    over = threading.Event()

    def keep(event: Event) -> None:
        if over.is_set():
            raise RunStopped("The run is over.")

    waiter = Waiter(keep=keep)
    over.set()
    with pytest.raises(ConversationError, match="over; the code did not run"):
        waiter.say()
    waiter.stop.set()
    with pytest.raises(RunStopped):
        waiter.answer.result(5)
