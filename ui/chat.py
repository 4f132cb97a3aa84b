"""A conversation in the terminal: every agent's words as they come."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict

from agents.conversation import Conversation
from agents.events import (
    ApprovalAnswered,
    ApprovalRequested,
    CodeRan,
    Event,
    Failed,
    MessageCompleted,
    RunCompleted,
    TokenDelta,
    ToolCalled,
    ToolReturned,
)
from agents.sandbox.output import plain
from configs.errors import AppError
from ui import log, terminal, text
from ui.approving import settle


def talk(conversation: Conversation) -> None:
    """Read questions from stdin until it ends; Ctrl-C stops the answer under way, and a second one the talk."""
    terminal.say("Ask a question. Ctrl-C stops an answer, Ctrl-D ends.")
    for question in _questions():
        try:
            _follow(conversation, conversation.ask(question))
        except KeyboardInterrupt:
            conversation.stop()
            terminal.say("\nStopped.")
        except AppError as error:
            terminal.fail(error, as_json=False)


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
    writing, ran = "", set[str]()
    for event in events:
        if isinstance(event, TokenDelta):
            if writing != event.message_id:
                sys.stdout.write(f"\n{plain(event.agent)}: ")
                writing = event.message_id
            sys.stdout.write(plain(event.text))
        elif isinstance(event, ToolCalled | CodeRan | ApprovalRequested | ApprovalAnswered):
            ran |= {event.call_id} if isinstance(event, CodeRan) else set()
            _write(event)
        elif (isinstance(event, MessageCompleted) and event.message_id != writing) or (
            isinstance(event, ToolReturned) and event.call_id not in ran
        ):
            _write(event)
        elif isinstance(event, Failed):
            sys.stdout.flush()
            terminal.fail(AppError(plain(event.message), hint=plain(event.hint)), as_json=False)
        elif isinstance(event, RunCompleted):
            sys.stdout.write(plain("\n".join(["", *text.sources([dict(c) for c in event.citations]), ""])))
        sys.stdout.flush()
        if isinstance(event, ApprovalRequested):
            settle(conversation, event)


def _write(event: Event) -> None:
    if told := log.step({"type": type(event).__name__, **asdict(event)}):
        sys.stdout.write(f"\n{told}")
