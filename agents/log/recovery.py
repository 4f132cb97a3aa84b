"""What a run that never came to its end left behind, and whether it may still come to one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import psutil

from agents.events import Event, Failed, MessageCompleted, TokenDelta
from agents.log.asked import runs

INTERRUPTED = Failed(
    error_type="RunInterrupted",
    message="The application ended in the middle of this answer.",
    hint="Ask again, or retry it.",
)


def this_process() -> str:
    """What tells this process from every other, also from a later one with the same number."""
    return f"{os.getpid()}@{psutil.Process().create_time():.2f}"


def is_alive(process: str) -> bool:
    """Whether the process of that name still runs."""
    number, _, since = process.partition("@")
    try:
        return bool(since) and f"{psutil.Process(int(number)).create_time():.2f}" == since
    except (psutil.Error, ValueError):
        return False


def closing(events: Iterable[Event]) -> Iterator[Event]:
    """The events that end a run which was cut short: what there was of its messages, and that it was."""
    log = list(events)
    roles = {event.agent: event.role for event in log if isinstance(event, MessageCompleted)}
    begun: dict[str, list[TokenDelta]] = {}
    for event in runs(log)[-1]:
        if isinstance(event, TokenDelta):
            begun.setdefault(event.message_id, []).append(event)
        elif isinstance(event, MessageCompleted):
            begun.pop(event.message_id, None)
    for message_id, pieces in begun.items():
        yield MessageCompleted(
            agent=pieces[0].agent,
            message_id=message_id,
            role=roles.get(pieces[0].agent, "assistant"),
            content="".join(piece.text for piece in pieces),
            interrupted=True,
        )
    yield INTERRUPTED


def last_words(events: Iterable[Event], answerer: str) -> str:
    """The last whole message of the agent that answers in the last run, else what there is of one; empty without any.

    Of an empty `answerer` nothing is known: any assistant or guest may be it.
    """
    messages = (event for event in runs(events)[-1] if isinstance(event, MessageCompleted))
    said = [m for m in messages if m.role in ("assistant", "guest") and answerer in ("", m.agent)]
    whole = [message for message in said if not message.interrupted]
    return (whole or said)[-1].content if said else ""
