"""One turn of a person's conversation, read from the log with its spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.app import App
from agents.errors import ConversationError
from agents.log.asked import Asked, asked
from agents.log.recovery import is_alive
from agents.log.store import missing
from agents.ports import ConversationInfo
from agents.tracing.spans import Span, spans


@dataclass(frozen=True, kw_only=True)
class Turn:
    """`number` counts from 1; `seen` is the number of the conversation's last event, `live` says that more may come."""

    info: ConversationInfo
    number: int
    questions: Sequence[str]
    asked: Asked
    spans: Sequence[Span]
    live: bool
    seen: int


def owned(app: App, conversation_id: str, owner: str) -> ConversationInfo:
    """Raises ConversationError for a conversation of somebody else, as for one that is not there."""
    info = app.store.info(conversation_id)
    if info.owner != owner:
        raise missing(conversation_id)
    return info


def read_turn(app: App, conversation_id: str, owner: str, number: int) -> Turn:
    """A turn by its number, 0 for the last. Raises ConversationError when it is not there for that owner."""
    info = owned(app, conversation_id, owner)
    events = list(app.store.events(conversation_id))
    turns = asked(events)
    number = number or len(turns)
    if not 1 <= number <= len(turns):
        raise ConversationError(f"This conversation has no question {number}.", hint="Choose another.")
    turn = turns[number - 1]
    return Turn(
        info=info,
        number=number,
        questions=[each.started.question for each in turns],
        asked=turn,
        spans=spans(turn.events, content=True),
        live=turn.end is None and number == len(turns) and is_alive(turn.started.process),
        seen=events[-1].seq,
    )
