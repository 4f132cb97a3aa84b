"""The documents of a knowledge base and the progress of an upload, as HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from configs.errors import AppError
from ui.web.backend import DocumentRow, Readiness
from ui.web.intake import FileProgress, Progress
from ui.web.walkthrough.panel import model_line
from ui.web.words import Words

_MOST_SHOWN = 300
"""Files of one upload that are listed; a ZIP can hold thousands."""


def base_name(source: str) -> str:
    """The last part of a path or address."""
    return re.split(r"[\\/]", source)[-1] or source


def documents(rows: Sequence[DocumentRow], total: int, words: Words) -> str:
    """The document list of a knowledge base."""
    if not rows:
        return f'<p class="empty">{words("listing.empty")}</p>'
    titles = (words(f"listing.{column}") for column in ("name", "pages", "passages", "status"))
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    body = "".join(_document(row, words) for row in rows)
    return (
        f'<table class="documents"><caption>{words("listing.documents", n=total)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{_more(total - len(rows), words)}"
    )


def uploads(progress: Progress, words: Words) -> str:
    """Every file of an upload with its outcome so far."""
    total, done = len(progress.files), sum(file.status not in ("waiting", "reading") for file in progress.files)
    shown = sorted(progress.files, key=_rank)[:_MOST_SHOWN] if total > _MOST_SHOWN else progress.files
    return (
        f'<div class="uploads" aria-busy="{str(progress.going).lower()}">'
        f'<p role="status">{words("listing.done", done=done, files=total)}</p>'
        f'<progress max="{total}" value="{done}" aria-label="{words("listing.progress")}"></progress>'
        f"<ul>{''.join(_file(file, words) for file in shown)}</ul>{_more(total - len(shown), words)}</div>"
    )


def readiness(state: Readiness, words: Words) -> str:
    """Whether the application is ready, in one line; once it is, which model answers."""
    if state.error is not None:
        return notice(state.error, words)
    if state.ready:
        return "" if state.model is None else model_line(state.model, words)
    return f'<p role="status" class="status">{html.escape(words.remark(state.message))}</p>'


def notice(error: AppError, words: Words) -> str:
    """An error for the user: what happened, and what to do."""
    message, hint = words.error(error)
    advice = f"<p>{html.escape(hint)}</p>" if hint else ""
    return f'<div class="problem" role="alert"><h3>{html.escape(message)}</h3>{advice}</div>'


def _document(row: DocumentRow, words: Words) -> str:
    name, pages, chunks = html.escape(row.name), html.escape(str(row.pages or "–")), html.escape(str(row.chunks))
    status = words("listing.status.indexed") if row.status == "indexed" else html.escape(row.status)
    return f'<tr><td class="name" title="{name}">{name}</td><td>{pages}</td><td>{chunks}</td><td>{status}</td></tr>'


def _rank(file: FileProgress) -> int:
    """What is listed when not everything is: failures before what is being read, the rest last."""
    return ("failed", "reading").index(file.status) if file.status in ("failed", "reading") else 2


def _more(hidden: int, words: Words) -> str:
    return f'<p class="empty">{words("listing.more", n=hidden)}</p>' if hidden > 0 else ""


def _file(file: FileProgress, words: Words) -> str:
    told = html.escape(_detail(file, words))
    detail = f'<span class="detail">{told}</span>' if told else ""
    return (
        f'<li class="{file.status}"><span class="name">{html.escape(file.name)}</span>'
        f'<span class="word">{words(f"listing.{file.status}")}</span>{detail}</li>'
    )


def _detail(file: FileProgress, words: Words) -> str:
    """The figures of a file, or why it failed."""
    match file.status:
        case "failed":
            return words.remark(file.reason)
        case "unchanged":
            return words("listing.already")
        case "unpacked":
            return words("listing.inside", n=file.inside)
        case "reading":
            return words("listing.reading.page", page=file.page, pages=file.pages) if file.page else ""
        case "indexed":
            return words("units.comma").join(_figures(file, words))
    return ""


def _figures(file: FileProgress, words: Words) -> Iterator[str]:
    if file.pages:
        yield words("listing.file.pages", n=file.pages)
    yield words("listing.file.passages", n=file.passages)
    yield words("units.seconds", n=f"{file.seconds:.1f}")
