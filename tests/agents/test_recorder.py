"""Numbered events: kept first, handed on second, none after the last."""

from __future__ import annotations

import pytest

from agents.errors import ConversationError, RunStopped
from agents.events import Event, RunCompleted, TokenDelta
from agents.log.recorder import Recorder


def piece(text: str) -> TokenDelta:
    return TokenDelta(agent="a", message_id="m", text=text)


END = RunCompleted(answer="", abstained=False)


def test_events_are_kept_before_they_are_seen() -> None:
    kept: list[Event] = []
    recorder = Recorder("c", first=5, keep=kept.append)
    reader = iter(recorder)
    for text in "ab":
        recorder.emit(piece(text))
        assert next(reader) == kept[-1]
    recorder.finish(END)
    assert list(reader) == kept[2:]
    assert [(event.conversation_id, event.seq) for event in kept] == [("c", 5), ("c", 6), ("c", 7)]


def test_nothing_comes_after_the_end() -> None:
    kept: list[Event] = []
    recorder = Recorder("c", first=1, keep=kept.append)
    recorder.finish(END)
    recorder.finish(END)
    with pytest.raises(RunStopped):
        recorder.emit(piece("late"))
    assert len(kept) == 1
    assert recorder.over


def test_an_event_that_cannot_be_kept_is_not_shown_and_the_reader_learns_why() -> None:
    def full(event: Event) -> None:
        raise ConversationError("The disk is full.")

    recorder = Recorder("c", first=1, keep=full)
    with pytest.raises(ConversationError):
        recorder.emit(piece("a"))
    recorder.finish(END)
    with pytest.raises(ConversationError, match="The disk is full"):
        list(recorder)
