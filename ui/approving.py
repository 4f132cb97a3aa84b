"""Asks the person at the terminal whether code may run, as it stands or changed; elsewhere a line of stdin decides."""

from __future__ import annotations

import select
import sys
import time
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
    """Get an answer to the request, and give it, unless its time is over. Ctrl-C says no, and goes on its way."""
    until = time.monotonic() + request.timeout_s
    try:
        while (decision := _decide(request, until)) and not _accepted(conversation, request, decision):
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


def _decide(request: ApprovalRequested, until: float) -> Decision | None:
    """What the person wants; None when nobody said so in time."""
    code, person = request.code, sys.stdin.isatty()
    while True:
        line = _line("Run it? [a]pprove, [e]dit, [r]eject: ", until)
        if line is None:
            return None
        word, _, rest = line.strip().partition(" ")
        match word.lower():
            case "a" | "approve":
                return Decision(approved=True, code=None if code == request.code else code)
            case "r" | "reject":
                why = rest or (_line("Why not? ", until) if person else "") or ""
                return Decision(approved=False, reason=why.strip())
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


def _line(prompt: str, until: float) -> str | None:
    """The next line; at a terminal, None when none came in time."""
    if sys.stdin.isatty():
        sys.stderr.write(f"\n{prompt}")
        sys.stderr.flush()
        if not select.select([sys.stdin], [], [], max(0.0, until - time.monotonic()))[0]:
            sys.stderr.write("\n")
            return None
    return sys.stdin.readline()
