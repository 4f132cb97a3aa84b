"""The runs that are kept, as HTML."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence

from ui.web.evaluation.progress_view import may_cancel
from ui.web.evaluation.records import Head
from ui.web.visitor import Visitor
from ui.web.words import Words


def run_name(head: Head) -> str:
    """When and on what, short enough for a list."""
    return f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(head.started))} · {head.name}"


def runs(visitor: Visitor, heads: Sequence[Head], chosen: str) -> str:
    """All runs in the order given, the chosen one marked."""
    words = visitor.words
    rows = "".join(_run(visitor, head, head.id == chosen) for head in heads)
    body = f"<ul>{rows}</ul>" if heads else f'<p class="empty">{words("evaluation.no_runs")}</p>'
    return f'<section class="runs"><h3>{words("evaluation.runs")}</h3>{body}</section>'


def _run(visitor: Visitor, head: Head, chosen: bool) -> str:
    words, name = visitor.words, html.escape(run_name(head))
    return (
        f'<li{" class=chosen" if chosen else ""}><button type="button" id="evaluation-run-{head.id}" data-act="open"'
        f' data-run="{head.id}"{" aria-current=true" if chosen else ""}><span class="name">{name}</span>'
        f'<span class="about">{html.escape(_about(words, head))}</span></button>'
        f"{_delete(words, head, name) if may_cancel(visitor, head) and head.state != 'running' else ''}</li>"
    )


def _about(words: Words, head: Head) -> str:
    parts = [", ".join(head.strategies), words("evaluation.questions_n", n=head.questions), head.owner]
    if head.state != "done":
        parts.append(words(f"evaluation.state_{head.state}"))
    return " · ".join(part for part in parts if part)


def _delete(words: Words, head: Head, name: str) -> str:
    label = words("evaluation.delete", name=name)
    return (
        f'<button type="button" class="delete" data-act="delete" data-sure data-run="{head.id}"'
        f' aria-label="{label}">×</button>'
    )
