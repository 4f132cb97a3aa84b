"""What is done to a knowledge base, and what was just deleted, as HTML."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ui.web.library.job import Job, Line
from ui.web.library.pieces import Piece, button, piece, text
from ui.web.library.reasons import reason
from ui.web.library.works import kept_sources
from ui.web.listing import notice
from ui.web.undoing import Key
from ui.web.words import Words

_MOST_LINES = 200
"""Files of one job that are listed; a ZIP can hold thousands."""


def deleted(words: Words, names: Mapping[Key, str]) -> list[Piece]:
    """What can still be taken back, by its key and name."""
    items = "".join(_deleted(words, key, name) for key, name in names.items())
    return [piece("undo", f'<div class="lib-undos" role="status">{items}</div>')] if items else []


def jobs(words: Words, shown: Sequence[Job]) -> list[Piece]:
    """The jobs, each with its files."""
    return [piece(f"job-{job.number}", _job(words, job)) for job in shown]


def _deleted(words: Words, key: Key, name: str) -> str:
    undo = button(text(words("library.undo")), "undo", name=words("library.undo_named", name=name), key=json.dumps(key))
    return f'<div class="lib-undo"><span>{text(words("library.deleted", name=name))}</span>{undo}</div>'


def _job(words: Words, job: Job) -> str:
    title = text(words(f"library.job_{job.kind}"))
    end = (
        button(text(words("library.cancel")), "cancel", job=job.number)
        if job.going
        else button("×", "dismiss", name=words("library.dismiss"), kind="lib-close", job=job.number)
    )
    return (
        f'<section class="lib-job {job.state}" aria-busy="{str(job.going).lower()}" aria-label="{title}">'
        f'<header><h3>{title}</h3><p role="status">{text(_standing(words, job))}</p>{end}</header>'
        f"{_bar(words, job)}{_safe(words, job)}{_lines(words, job)}{_failed(words, job)}</section>"
    )


def _standing(words: Words, job: Job) -> str:
    if job.state == "running" and not job.total:
        return words("library.job_running")
    if job.state in ("queued", "cancelled", "failed"):
        return words(f"library.job_{job.state}")
    failures = words("library.failures", n=len(job.failed)) if job.failed else ""
    return f"{words('library.done_of', done=job.done, total=job.total)} {failures}".strip()


def _bar(words: Words, job: Job) -> str:
    if job.state != "running":
        return ""
    value = f' max="{job.total}" value="{job.done}"' if job.total else ""
    return f'<progress{value} aria-label="{text(words("library.done_label"))}"></progress>'


def _safe(words: Words, job: Job) -> str:
    """That nothing is lost meanwhile."""
    if job.kind == "reembed" and job.state != "done":
        said = words("library.reembed_safe" if job.going else "library.reembed_kept")
        at = f" {job.subject}" if job.subject and job.going else ""
        return f'<p class="lib-note">{text(said + at)}</p>'
    return (
        f'<p class="lib-note">{text(words("library.reparse_safe"))}</p>' if job.kind == "reparse" and job.going else ""
    )


def _lines(words: Words, job: Job) -> str:
    order = {"failed": 0, "reading": 1, "waiting": 2}
    shown = sorted(job.lines, key=lambda line: order.get(line.status, 3)) if len(job.lines) > _MOST_LINES else job.lines
    items = "".join(_line(words, line) for line in shown[:_MOST_LINES])
    hidden = len(job.lines) - _MOST_LINES
    more = f'<p class="lib-note">{text(words("library.more", n=hidden))}</p>' if hidden > 0 else ""
    return f'<ul class="lib-lines" tabindex="0">{items}</ul>{more}' if items else ""


def _line(words: Words, line: Line) -> str:
    said = words("library.already" if line.status == "unchanged" else f"library.line_{line.status}")
    detail = _detail(words, line)
    below = f'<span class="lib-detail">{text(detail)}</span>' if detail else ""
    return (
        f'<li class="{line.status}"><span class="lib-name">{text(line.name)}</span>'
        f'<span class="lib-word">{text(said)}</span>{below}</li>'
    )


def _detail(words: Words, line: Line) -> str:
    if line.status == "failed":
        return told(words, line.problem or words("library.not_read"))
    if line.status == "reading":
        return words("library.page_of", page=line.page, pages=line.pages)
    if line.status == "unpacked":
        return words("library.inside", n=line.inside)
    if line.status != "indexed":
        return ""
    pages = [words("library.pages", n=line.pages)] if line.pages else []
    figures = [*pages, words("library.chunks", n=line.chunks), f"{line.seconds:.1f} s"]
    return " · ".join([*figures, *([line.problem] if line.problem else [])])


def told(words: Words, sentence: str) -> str:
    """Why a file failed: the library's sentence, in Chinese behind the kind of trouble it is."""
    if words.language == "en" or (kind := reason(sentence)) == "other":
        return sentence
    return f"{words(f'library.reason_{kind}')} {sentence}"


def _failed(words: Words, job: Job) -> str:
    """What can be done about the files that failed."""
    said = notice(job.problem, words) if job.problem else ""
    if job.going or not kept_sources(job):
        return said
    locked = any(reason(line.problem) == "encrypted" for line in job.failed)
    label = text(words("library.password"))
    password = (
        f'<label class="lib-password">{label}<input type="password" autocomplete="off" data-input="password"></label>'
        if locked
        else ""
    )
    return (
        f'{said}<div class="lib-retry">{password}{button(text(words("library.retry")), "retry", job=job.number)}</div>'
    )
