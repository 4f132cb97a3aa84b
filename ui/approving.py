"""Asks the person at the terminal whether code may run, as it stands or changed; elsewhere a line of stdin decides."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass

from agents.conversation import Conversation
from agents.errors import ConversationError
from agents.events import ApprovalRequested
from ui import terminal
from ui.visible import visible

SUFFIXES = {"python": ".py", "sh": ".sh"}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the person wants; `code` is what shall run in place of what was shown."""

    approved: bool
    code: str | None = None
    reason: str = ""


def settle(conversation: Conversation, request: ApprovalRequested) -> None:
    """Get an answer to the request, and give it. Ctrl-C says no, and goes on its way."""
    try:
        while not _accepted(conversation, request, _decide(request)):
            pass
    except KeyboardInterrupt:
        with suppress(ConversationError):
            conversation.answer(
                request.approval_id, approved=False, code_sha256=request.code_sha256, reason="The user interrupted."
            )
        raise


def _accepted(conversation: Conversation, request: ApprovalRequested, decision: Decision) -> bool:
    """Whether the request is settled; only changed code that cannot run is asked about again."""
    try:
        conversation.answer(
            request.approval_id,
            approved=decision.approved,
            code_sha256=request.code_sha256,
            code=decision.code,
            reason=decision.reason,
        )
    except ConversationError as error:
        terminal.fail(error, as_json=False)
        return decision.code is None
    return True


def _decide(request: ApprovalRequested) -> Decision:
    code, person = request.code, sys.stdin.isatty()
    while True:
        line = _line("Run it? [a]pprove, [e]dit, [r]eject: ")
        word, _, rest = line.strip().partition(" ")
        match word.lower():
            case "a" | "approve":
                return Decision(approved=True, code=None if code == request.code else code)
            case "r" | "reject":
                return Decision(approved=False, reason=rest or (_line("Why not? ").strip() if person else ""))
            case "e" | "edit" if person:
                code = _edited(code, request.language)
                terminal.say(visible(code))
            case _ if not line:
                return Decision(approved=False, reason="The input ended.")
            case _ if not person:
                reason = f"The line on stdin was {line.strip()[:80]!r}; it may be approve, or reject and a reason."
                return Decision(approved=False, reason=reason)


def _edited(code: str, language: str) -> str:
    """The code as it comes back from the person's editor."""
    import click

    try:
        edited = click.edit(code, extension=SUFFIXES.get(language, ".txt"))
    except click.ClickException as error:
        terminal.say(f"The editor did not work: {error.format_message()}")
        return code
    return code if edited is None else edited


def _line(prompt: str) -> str:
    if sys.stdin.isatty():
        sys.stderr.write(prompt)
        sys.stderr.flush()
    return sys.stdin.readline()
