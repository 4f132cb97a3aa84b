"""A conversation in the terminal: every agent's words as they come."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from agents.conversation import Conversation
from agents.events import (
    ApprovalRequested,
    CodeRan,
    Event,
    Failed,
    MessageCompleted,
    RunCompleted,
    RunStarted,
    TokenDelta,
    ToolReturned,
    as_dict,
)
from agents.log.asked import Asked, asked
from agents.sandbox.output import plain
from configs.errors import AppError
from ui import log, terminal, text
from ui.approving import settle


def talk(conversation: Conversation) -> None:
    """Read questions from stdin until it ends; Ctrl-C stops the answer under way, and a second one the talk.

    Of a conversation that was begun before, the last question is shown first, with what came of it.
    """
    for last in asked(conversation.events())[-1:]:
        _recall(last)
    terminal.say("Ask a question. Ctrl-C stops an answer, Ctrl-D ends.")
    for question in _questions():
        try:
            _follow(conversation, conversation.ask(question))
        except KeyboardInterrupt:
            conversation.stop()
            terminal.say("\nStopped.")
        except AppError as error:
            terminal.fail(error, as_json=False)


def _recall(last: Asked) -> None:
    told = [_told(last.started), "", last.answer] if last.answer else [_told(last.started)]
    sys.stdout.write(plain("\n".join(told)))
    if last.end:
        _end(last.end)
    sys.stdout.flush()


def _questions() -> Iterator[str]:
    while True:
        if sys.stdin.isatty():
            sys.stderr.write("\n> ")
            sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            return
        if line.strip():
            yield line


def _follow(conversation: Conversation, events: Iterator[Event]) -> None:
    question, writing, ran = "", "", set[str]()
    for event in events:
        if isinstance(event, RunStarted):
            question = event.question
        elif isinstance(event, TokenDelta):
            if writing != event.message_id:
                sys.stdout.write(f"\n{plain(event.agent)}: ")
                writing = event.message_id
            sys.stdout.write(plain(event.text))
        elif isinstance(event, MessageCompleted) and event.message_id == writing:
            sys.stdout.write(log.INTERRUPTED if event.interrupted else "")
        elif isinstance(event, Failed | RunCompleted):
            _end(event)
        elif not (isinstance(event, ToolReturned) and event.call_id in ran):
            ran |= {event.call_id} if isinstance(event, CodeRan) else set()
            told = _told(event, question)
            sys.stdout.write(f"\n{told}" if told else "")
        sys.stdout.flush()
        if isinstance(event, ApprovalRequested):
            settle(conversation, event)


def _end(event: RunCompleted | Failed) -> None:
    """What stands below an answer, or why there is none."""
    if isinstance(event, Failed):
        sys.stdout.write("\n")
        sys.stdout.flush()
        terminal.fail(AppError(plain(event.message), hint=plain(event.hint)), as_json=False)
        return
    doubts, sources = text.not_supported(event.support), text.sources([dict(c) for c in event.citations])
    sys.stdout.write(plain("\n".join(["", *doubts, *sources, ""])))


def _told(event: Event, question: str = "") -> str:
    return log.step(as_dict(event), question=question)
