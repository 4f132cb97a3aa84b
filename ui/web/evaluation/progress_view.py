"""The run under way, as HTML."""

from __future__ import annotations

import html

from ui.web.evaluation.bench import Progress
from ui.web.evaluation.records import Head
from ui.web.visitor import Visitor
from ui.web.words import Words


def may_cancel(visitor: Visitor, head: Head) -> bool:
    """Who began a run may end it, and an administrator."""
    return visitor.can("admin") or (visitor.can("editor") and visitor.owner == head.owner)


def progress(visitor: Visitor, running: Progress | None) -> str:
    """Who measures what, and how far it is; nothing without a run."""
    if running is None:
        return ""
    words, head = visitor.words, running.head
    who = head.owner or words("evaluation.somebody")
    key = "evaluation.yours" if visitor.owner == head.owner else "evaluation.running"
    title = html.escape(words(key, who=who, name=head.name))
    return (
        f'<section class="running"><h3>{title}</h3><p role="status">{_place(words, running)}</p>'
        f'<progress max="{max(running.total, 1)}" value="{running.done}" aria-label="{title}"></progress>'
        f"{_cancel(words, running) if may_cancel(visitor, head) else ''}</section>"
    )


def _place(words: Words, running: Progress) -> str:
    if not running.strategy:
        key = "evaluation.indexing" if running.total else "evaluation.opening"
        return words(key, done=running.done, total=running.total)
    strategies = running.head.strategies
    place = words("evaluation.searching", strategy=running.strategy, done=running.done, total=running.total)
    number = strategies.index(running.strategy) + 1
    return f"{html.escape(place)} · {words('evaluation.strategy_of', number=number, count=len(strategies))}"


def _cancel(words: Words, running: Progress) -> str:
    if running.cancelling:
        return f'<button type="button" disabled>{words("evaluation.cancelling")}</button>'
    return f'<button type="button" data-act="cancel">{words("evaluation.cancel")}</button>'
