"""Code that waits for a person, and what the person decided, as HTML."""

from __future__ import annotations

import html

from agents.events import ApprovalAnswered, ApprovalRequested
from ui.web.decision import MOST_CODE, MOST_REASON
from ui.web.folds import Fold, agent_class, note, who
from ui.web.source import source, unseen
from ui.web.view import Approval
from ui.web.words import Words

_PYTHON = "Python"
_LANGUAGES = {"sh": "approval.shell", "json": "approval.call"}
_FEWEST_ROWS, _MOST_ROWS = 3, 16


def language(name: str, words: Words) -> str:
    """What people call what is written in a language."""
    if name == "python":
        return _PYTHON
    return words(_LANGUAGES[name]) if name in _LANGUAGES else name


def panel(request: ApprovalRequested, words: Words) -> str:
    """Everything a person needs to decide; the page's script sends what was decided and counts the time down."""
    wish = words("approval.asks", what=html.escape(language(request.language, words)))
    rows = min(max(request.code.count("\n") + 1, _FEWEST_ROWS), _MOST_ROWS)
    return (
        f'<section class="approval {agent_class(request.agent)}" aria-labelledby="approval-title"'
        f' data-id="{html.escape(request.approval_id)}" data-sha256="{html.escape(request.code_sha256)}">'
        f'<header><h2 id="approval-title" tabindex="-1">{who(request.agent)}'
        f' <span class="wish">{wish}</span></h2>'
        '<span class="left" role="timer"></span></header>'
        f"{note(words.remark(request.reason), 'why')}{note(unseen(request.code, words), 'danger')}"
        f'<label for="approval-code">{words("approval.editor")}</label>'
        f'<textarea id="approval-code" rows="{rows}" maxlength="{MOST_CODE}" wrap="off" spellcheck="false"'
        f' autocomplete="off" autocapitalize="off">\n{html.escape(request.code)}</textarea>'
        f'<div class="verdict"><label for="approval-reason">{words("approval.reason")}</label>'
        f'<input id="approval-reason" type="text" maxlength="{MOST_REASON}" autocomplete="off">'
        f'<button type="button" class="approve">{words("approval.approve")}</button>'
        f'<button type="button" class="reject">{words("approval.reject")}</button>'
        f'<button type="button" class="restore" hidden>{words("approval.restore")}</button></div></section>'
    )


def decided(item: Approval, words: Words) -> str:
    """What became of code that waited."""
    request, answer, what = item.request, item.answer, language(item.request.language, words)
    why = note(words.remark(request.reason), "why")
    if answer is None:
        title = words("approval.ended" if item.done else "approval.asks", what=what)
        body = why + source(request.code)
        return Fold(agent=request.agent, title=title, body=body, state="stopped" if item.done else "running").html(
            words
        )
    reason = words.remark(answer.reason)
    refusal = words("approval.refused.why" if reason else "approval.refused", what=what, reason=reason)
    return Fold(
        agent=request.agent,
        title=words("approval.allowed", what=what) if answer.approved else refusal,
        body=why + note(words("approval.why", reason=reason) if reason else "") + _ran(request, answer, words),
        badge=f'<span class="badge edited">{words("approval.edited")}</span>' if answer.edited else "",
        state="ok" if answer.approved else "stopped",
    ).html(words)


def _ran(request: ApprovalRequested, answer: ApprovalAnswered, words: Words) -> str:
    """The code as it ran, and as it was asked for where that is not the same."""
    asked = source(request.code)
    if not answer.edited:
        return asked
    return (
        f"{note(words('approval.edited.before'))}{source(answer.code, 'code edited')}"
        f"<details><summary>{words('approval.as_asked')}</summary>{asked}</details>"
    )
