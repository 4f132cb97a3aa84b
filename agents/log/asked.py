"""A conversation's log cut at its questions; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from agents.events import Event, Failed, RunCompleted, RunStarted
from agents.log.usage import bill


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question with all events from it to the next; `end` is None while it has none in the log."""

    started: RunStarted
    events: tuple[Event, ...]
    end: RunCompleted | Failed | None

    @property
    def answer(self) -> str:
        """What was said in the end; empty without an answer."""
        return self.end.answer if isinstance(self.end, RunCompleted) else ""

    @property
    def citations(self) -> tuple[Mapping[str, Any], ...]:
        """As in RunCompleted."""
        return self.end.citations if isinstance(self.end, RunCompleted) else ()

    @property
    def unsupported(self) -> tuple[str, ...]:
        """The sentences of the answer that stand in nothing they cite."""
        return unsupported(self.end.support) if isinstance(self.end, RunCompleted) else ()

    @property
    def usage(self) -> Mapping[str, Any]:
        """`{prompt_tokens, completion_tokens, calls, cost}`, also of a run that failed."""
        told = self.end.usage if isinstance(self.end, RunCompleted) else {}
        return told or asdict(bill(self.events).total)

    @property
    def ms(self) -> float:
        """From the question to its end, or to the last event so far."""
        return self.end.ms if isinstance(self.end, RunCompleted) else (self.events[-1].at - self.started.at) * 1000


def runs(events: Iterable[Event]) -> list[list[Event]]:
    """The events from each question to the next, in order."""
    found: list[list[Event]] = []
    for event in events:
        if isinstance(event, RunStarted):
            found.append([])
        if found:
            found[-1].append(event)
    return found


def asked(events: Iterable[Event]) -> list[Asked]:
    """Every question of a conversation, in order."""
    return [_asked(run) for run in runs(events)]


def unsupported(support: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The sentences whose verdict says that what they cite does not support them."""
    return tuple(verdict["sentence"] for verdict in support if verdict["status"] == "unsupported")


def _asked(run: list[Event]) -> Asked:
    started, ends = run[0], [event for event in run if isinstance(event, RunCompleted | Failed)]
    assert isinstance(started, RunStarted)
    return Asked(started=started, events=tuple(run), end=ends[-1] if ends else None)
