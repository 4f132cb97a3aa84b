"""Code that waits for a person, and what the person decided, as HTML."""

from __future__ import annotations

import html

from agents.events import ApprovalAnswered, ApprovalRequested
from ui.web.decision import MOST_CODE, MOST_REASON
from ui.web.folds import Fold, agent_class, note, who
from ui.web.source import source, unseen
from ui.web.view import Approval

_LANGUAGES = {"python": "Python", "sh": "shell commands"}
_FEWEST_ROWS, _MOST_ROWS = 3, 16


def language(name: str) -> str:
    """What people call a language."""
    return _LANGUAGES.get(name, name)


def panel(request: ApprovalRequested) -> str:
    """Everything a person needs to decide; the page's script sends what was decided and counts the time down."""
    rows = min(max(request.code.count("\n") + 1, _FEWEST_ROWS), _MOST_ROWS)
    return (
        f'<section class="approval {agent_class(request.agent)}" aria-labelledby="approval-title"'
        f' data-id="{html.escape(request.approval_id)}" data-sha256="{html.escape(request.code_sha256)}">'
        f'<header><h2 id="approval-title" tabindex="-1">{who(request.agent)}'
        f' <span class="wish">asks to run {html.escape(language(request.language))}</span></h2>'
        '<span class="left" role="timer"></span></header>'
        f"{note(request.reason, 'why')}{note(unseen(request.code), 'danger')}"
        '<label for="approval-code">The code, which you may change</label>'
        f'<textarea id="approval-code" rows="{rows}" maxlength="{MOST_CODE}" wrap="off" spellcheck="false"'
        f' autocomplete="off" autocapitalize="off">\n{html.escape(request.code)}</textarea>'
        '<div class="verdict"><label for="approval-reason">Reason, if any</label>'
        f'<input id="approval-reason" type="text" maxlength="{MOST_REASON}" autocomplete="off">'
        '<button type="button" class="approve">Approve</button><button type="button" class="reject">Reject</button>'
        '<button type="button" class="restore" hidden>Undo changes</button></div></section>'
    )


def decided(item: Approval) -> str:
    """What became of code that waited."""
    request, answer, what = item.request, item.answer, language(item.request.language)
    if answer is None:
        title = f"asked to run {what}, and the run ended" if item.done else f"asks to run {what}"
        body = note(request.reason, "why") + source(request.code)
        return Fold(agent=request.agent, title=title, body=body, state="stopped" if item.done else "running").html()
    refusal = f"was not allowed to run {what}{f': {answer.reason}' if answer.reason else ''}"
    return Fold(
        agent=request.agent,
        title=f"was allowed to run {what}" if answer.approved else refusal,
        body=note(request.reason, "why") + _verdict(request, answer),
        badge='<span class="badge edited">edited</span>' if answer.edited else "",
        state="ok" if answer.approved else "stopped",
    ).html()


def _verdict(request: ApprovalRequested, answer: ApprovalAnswered) -> str:
    reason = note(f"Reason: {answer.reason}" if answer.reason else "")
    if not answer.edited:
        return reason + source(request.code)
    return (
        f"{reason}{note('Edited before it ran:')}{source(answer.code, 'code edited')}"
        f"<details><summary>As it was asked for</summary>{source(request.code)}</details>"
    )
