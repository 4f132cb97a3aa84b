"""The documents of a knowledge base and the progress of an upload, as HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from configs.errors import AppError
from ui.web.backend import DocumentRow, Readiness
from ui.web.intake import FileProgress, Progress

_WORDS = {
    "waiting": "waiting…",
    "reading": "reading…",
    "unpacked": "unpacked",
    "indexed": "added",
    "unchanged": "unchanged",
    "removed": "removed",
    "failed": "failed",
    "cancelled": "cancelled",
}


_MOST_SHOWN = 300
"""Files of one upload that are listed; a ZIP can hold thousands."""


def base_name(source: str) -> str:
    """The last part of a path or address."""
    return re.split(r"[\\/]", source)[-1] or source


def documents(rows: Sequence[DocumentRow], total: int) -> str:
    """The document list of a knowledge base."""
    if not rows:
        return '<p class="empty">No documents yet.</p>'
    body = "".join(_document(row) for row in rows)
    more = f'<p class="empty">and {total - len(rows)} more</p>' if total > len(rows) else ""
    return (
        f'<table class="documents"><caption>{total} document{"" if total == 1 else "s"}</caption>'
        f'<thead><tr><th scope="col">Name</th><th scope="col">Pages</th><th scope="col">Passages</th>'
        f'<th scope="col">Status</th></tr></thead><tbody>{body}</tbody></table>{more}'
    )


def uploads(progress: Progress) -> str:
    """Every file of an upload with its outcome so far."""
    done = sum(file.status not in ("waiting", "reading") for file in progress.files)
    shown = sorted(progress.files, key=_rank)[:_MOST_SHOWN] if len(progress.files) > _MOST_SHOWN else progress.files
    hidden = len(progress.files) - len(shown)
    more = f'<p class="empty">and {hidden} more</p>' if hidden else ""
    return (
        f'<div class="uploads" aria-busy="{str(progress.going).lower()}">'
        f'<p role="status">{done} of {len(progress.files)} done</p>'
        f'<progress max="{len(progress.files)}" value="{done}" aria-label="Files done"></progress>'
        f"<ul>{''.join(_file(file) for file in shown)}</ul>{more}</div>"
    )


def readiness(state: Readiness) -> str:
    """Whether the application is ready, in one line; nothing once it is."""
    if state.error is not None:
        return notice(state.error)
    return "" if state.ready else f'<p role="status" class="status">{html.escape(state.message)}</p>'


def notice(error: AppError) -> str:
    """An error for the user: what happened, and what to do."""
    hint = f"<p>{html.escape(error.hint)}</p>" if error.hint else ""
    return f'<div class="problem" role="alert"><h3>{html.escape(error.message)}</h3>{hint}</div>'


def _document(row: DocumentRow) -> str:
    name, pages, chunks = html.escape(row.name), html.escape(str(row.pages or "–")), html.escape(str(row.chunks))
    return (
        f'<tr><td class="name" title="{name}">{name}</td><td>{pages}</td><td>{chunks}</td>'
        f"<td>{html.escape(row.status)}</td></tr>"
    )


def _rank(file: FileProgress) -> int:
    """What is listed when not everything is: failures before what is being read, the rest last."""
    return ("failed", "reading").index(file.status) if file.status in ("failed", "reading") else 2


def _file(file: FileProgress) -> str:
    detail = f'<span class="detail">{html.escape(file.detail)}</span>' if file.detail else ""
    return (
        f'<li class="{file.status}"><span class="name">{html.escape(file.name)}</span>'
        f'<span class="word">{_WORDS[file.status]}</span>{detail}</li>'
    )
