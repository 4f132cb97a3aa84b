"""A conversation in the terminal: every agent's words as they come."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from agents.conversation import Conversation
from agents.events import CodeRan, Event, Failed, MessageCompleted, RunCompleted, TokenDelta, ToolCalled
from configs.errors import AppError
from ui import terminal, text


def talk(conversation: Conversation) -> None:
    """Read questions from stdin until it ends; Ctrl-C stops the answer under way, and a second one the talk."""
    terminal.say("Ask a question. Ctrl-C stops an answer, Ctrl-D ends.")
    for question in _questions():
        try:
            _follow(conversation.ask(question))
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


def _follow(events: Iterator[Event]) -> None:
    writing = ""
    for event in events:
        if isinstance(event, TokenDelta):
            if writing != event.message_id:
                sys.stdout.write(f"\n{event.agent}: ")
                writing = event.message_id
            sys.stdout.write(event.text)
        elif isinstance(event, MessageCompleted) and event.message_id != writing:
            sys.stdout.write(f"\n{event.agent}: {event.content}")
        elif isinstance(event, ToolCalled):
            sys.stdout.write(f"\n{event.agent} calls {event.tool}({dict(event.arguments)})")
        elif isinstance(event, CodeRan):
            sys.stdout.write(f"\n[{event.backend}: {event.status}] {event.stdout}{event.stderr}")
        elif isinstance(event, Failed):
            sys.stdout.flush()
            terminal.fail(AppError(event.message, hint=event.hint), as_json=False)
        elif isinstance(event, RunCompleted):
            sys.stdout.write("\n".join(["", *text.sources([dict(c) for c in event.citations]), ""]))
        sys.stdout.flush()
