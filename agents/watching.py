"""Ends a run when its seconds are over, wherever it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agents.budget import exceeded, spent
from agents.errors import BudgetExceeded, RunStopped
from agents.events import Noted, failed
from agents.run import Run
from configs.errors import AppError

GRACE_S = 0.6
"""How long a run whose seconds are over may take to end by itself before it is ended from outside."""


@contextmanager
def watched(run: Run) -> Iterator[None]:
    """Within the budget's seconds; raises BudgetExceeded when they are over before there is an answer."""
    if run.budget.seconds is None:
        yield
        return
    over, timers = threading.Event(), list[threading.Timer]()

    def stop() -> None:
        over.set()
        run.stop.set()
        begin(GRACE_S, give_up)

    def give_up() -> None:
        try:
            run.end(run.completed() if run.answer else failed(_exceeded(run)))
        except AppError as error:
            run.end(failed(error))

    def begin(seconds: float, what: Callable[[], None]) -> None:
        timers.append(threading.Timer(seconds, what))
        timers[-1].daemon = True
        timers[-1].start()

    begin(run.budget.seconds, stop)
    try:
        yield
    except RunStopped:
        if not over.is_set():
            raise
        if not run.answer:
            raise _exceeded(run) from None
        run.emit(Noted(kind="budget", text=f"{_exceeded(run).message} {given_before(run)}"))
    finally:
        for timer in timers:
            timer.cancel()


def given_before(run: Run) -> str:
    """What a reader must know about an answer that outlives the budget of its run."""
    return f"The answer was given before{', and its critic had asked for another' if run.disputed else ''}."


def _exceeded(run: Run) -> BudgetExceeded:
    return exceeded(spent(run.budget, tokens=0, seconds=run.budget.seconds or 0, cost=0), run.deeds)
