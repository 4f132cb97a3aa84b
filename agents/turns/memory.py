"""What is remembered of a conversation: folded from its events, bounded by compaction; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from agents.events import CodeRan, Compacted, Event, Failed, RunCompleted, RunStarted, TurnPlanned
from retrieval.tokens import count_tokens


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A question, what it was searched with, and its answer with the markers it cites; `through` is its last event."""

    question: str
    query: str
    answer: str
    markers: tuple[int, ...]
    through: int

    @cached_property
    def tokens(self) -> int:
        """What it costs a model to read it."""
        return count_tokens(self.question) + count_tokens(self.answer)


@dataclass(frozen=True, kw_only=True)
class Memory:
    """`summary` stands for everything before `exchanges`, which are oldest first.

    `asked`, `query` and `process` are of the last run, which is not over while `open`; `seq` is the number of the last
    event, `begun` of its first. `lost` says that the state of the code was lost in a stopped run and nobody was there
    to hear it.
    """

    summary: str = ""
    exchanges: tuple[Exchange, ...] = ()
    asked: str = ""
    query: str = ""
    seq: int = 0
    begun: int = 0
    open: bool = False
    process: str = ""
    ran_code: bool = False
    state_lost: bool = False
    lost: bool = False

    @property
    def last(self) -> Exchange | None:
        """The latest question that was answered."""
        return self.exchanges[-1] if self.exchanges else None

    @property
    def tokens(self) -> int:
        """What it costs a model to read all of it."""
        return count_tokens(self.summary) + sum(exchange.tokens for exchange in self.exchanges)

    def messages(self) -> list[dict[str, str]]:
        """The same as chat messages."""
        told: list[dict[str, str]] = []
        if self.summary:
            told.append({"role": "user", "content": f"What was said before, in short:\n{self.summary}"})
        for exchange in self.exchanges:
            told.append({"role": "user", "content": exchange.question})
            told.append({"role": "assistant", "content": exchange.answer})
        return told

    def after(self, event: Event) -> Memory:
        """What is remembered once `event` has happened."""
        now = replace(self, seq=event.seq)
        match event:
            case RunStarted():
                return replace(
                    now,
                    asked=event.question,
                    query=event.question,
                    begun=event.seq,
                    open=True,
                    process=event.process,
                )
            case TurnPlanned():
                return replace(now, query=event.query)
            case CodeRan() if event.status != "refused":
                return replace(now, ran_code=True, state_lost=event.state_lost)
            case Compacted():
                kept = tuple(e for e in self.exchanges if e.through > event.through)
                return replace(now, summary=event.summary, exchanges=kept)
            case RunCompleted():
                over = replace(now, open=False, lost=event.stopped and self.state_lost)
                return replace(over, exchanges=(*self.exchanges, self._answered(event))) if event.answer else over
            case Failed():
                return replace(now, open=False, lost=False)
        return now

    def _answered(self, event: RunCompleted) -> Exchange:
        markers = tuple(dict.fromkeys(citation["marker"] for citation in event.citations))
        return Exchange(question=self.asked, query=self.query, answer=event.answer, markers=markers, through=event.seq)


def dialogue(exchanges: Iterable[Exchange]) -> str:
    """What was asked and answered, for a model to read."""
    return "\n\n".join(f"User: {exchange.question}\nAssistant: {exchange.answer}" for exchange in exchanges)


def remember(events: Iterable[Event]) -> Memory:
    """What is remembered after all of `events`."""
    memory = Memory()
    for event in events:
        memory = memory.after(event)
    return memory
