"""Deletions wait, can be taken back by who wanted them, and happen once."""

from __future__ import annotations

import threading

from configs.errors import AppError
from tests.ui.web.waiting import until
from ui.web.undoing import Undoing

KEY = ("document", "handbook", "7")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_an_action_waits_its_time_and_happens_once() -> None:
    clock, done = Clock(), list[str]()
    undoing = Undoing(clock=clock)
    undoing.schedule("ann", KEY, lambda: done.append("deleted"))
    undoing.schedule("ann", KEY, lambda: done.append("twice"))
    clock.now += 9.9
    undoing.run_due()
    assert not done
    assert undoing.pending("ann") == (KEY,)
    assert undoing.gone() == {KEY}
    clock.now += 0.2
    undoing.run_due()
    until(lambda: not undoing.gone())
    undoing.flush()
    assert done == ["deleted"]


def test_only_who_wanted_it_takes_it_back_and_only_in_time() -> None:
    clock, done = Clock(), list[str]()
    undoing = Undoing(clock=clock)
    undoing.schedule("ann", KEY, lambda: done.append("deleted"))
    assert not undoing.undo("bob", KEY)
    assert undoing.pending("bob") == ()
    assert undoing.gone() == {KEY}, "what is to go is hidden from everybody"
    version = undoing.version
    assert undoing.undo("ann", KEY)
    assert undoing.version != version
    assert not undoing.gone()
    clock.now += 11
    undoing.run_due()
    undoing.flush()
    assert done == []
    assert not undoing.undo("ann", KEY)


def test_the_time_passes_by_itself() -> None:
    done = threading.Event()
    Undoing(wait_s=0.05).schedule("ann", KEY, done.set)
    assert done.wait(5)


def test_flush_waits_for_what_is_being_done_and_counts_it_as_gone_until_then() -> None:
    release, done, undoing = threading.Event(), list[int](), Undoing(wait_s=60)

    def slow() -> None:
        release.wait(5)
        done.append(1)

    undoing.schedule("ann", KEY, slow)
    flushing = threading.Thread(target=undoing.flush)
    flushing.start()
    until(lambda: undoing.pending("ann") == ())
    assert undoing.gone() == {KEY}
    assert not undoing.undo("ann", KEY), "it is too late"
    release.set()
    flushing.join(5)
    assert (done, undoing.gone()) == ([1], frozenset())


def test_an_action_that_fails_disturbs_no_other() -> None:
    done, undoing = list[int](), Undoing(wait_s=60)

    def refused() -> None:
        raise AppError("No.")

    undoing.schedule("ann", KEY, refused)
    undoing.schedule("ann", ("kb", "other"), lambda: done.append(1))
    undoing.flush()
    assert (done, undoing.gone()) == ([1], frozenset())
