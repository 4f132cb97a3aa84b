"""The documents of a knowledge base as a table, one window of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection

from retrieval.types import Document
from ui.web.library.pieces import Piece, button, empty, file_size, language, pager, parser_name, piece, text
from ui.web.library.stock import Row, Window
from ui.web.words import Words

Size = Callable[[Document], int | None]

_COLUMNS = ("name", "pages", "passages", "size", "language", "parser", "status")


def numbers(words: Words, documents: int, chunks: int, model: str) -> str:
    """The figures of a knowledge base in one line."""
    name, _, rest = model.partition("@")
    told = [words("library.documents", n=documents), words("library.chunks", n=chunks)]
    how = rest.partition("/")[2].partition("/")[0]
    by = f'<span class="lib-model" title="{text(model)}">{text(name)}{f" · {text(how)}" if how else ""}</span>'
    return f'<p class="lib-numbers">{text(" · ".join(told))}{f" · {by}" if model else ""}</p>'


def documents(words: Words, window: Window, *, busy: Collection[str], size: Size, change: bool) -> list[Piece]:
    """The rows of a window; `busy` are the sources being read again, with `change` every row can be changed."""
    if not window.total:
        hint = words("library.empty_add" if change else "library.empty_reader")
        return [piece("none", empty(words("library.empty"), hint))]
    if not window.matching:
        return [piece("none", empty(words("library.no_match"), words("library.no_match_hint")))]
    heads = "".join(f'<th scope="col">{text(words(f"library.column_{name}"))}</th>' for name in _COLUMNS)
    last = (
        f'<th scope="col"><span class="lib-unseen">{text(words("library.column_actions"))}</span></th>'
        if change
        else ""
    )
    body = "".join(_row(words, row, busy=busy, size=size, change=change) for row in window.rows)
    table = (
        f'<table class="lib-documents" role="table"><caption>{text(_caption(words, window))}</caption>'
        f'<thead role="rowgroup"><tr role="row">{heads}{last}</tr></thead><tbody role="rowgroup">{body}</tbody></table>'
    )
    return [piece("rows", table), piece("pager", _pager(words, window))]


def _caption(words: Words, window: Window) -> str:
    if window.matching == window.total:
        return words("library.documents", n=window.total)
    return words("library.matching", n=window.matching, total=window.total)


def _row(words: Words, row: Row, *, busy: Collection[str], size: Size, change: bool) -> str:
    document = row.document
    cells = {
        "pages": document.pages or "–",
        "passages": row.chunks,
        "size": file_size(size(document)),
        "language": language(words, document.language),
        "parser": parser_name(document.parser),
    }
    told = "".join(
        f'<td role="cell" class="lib-{name}" data-label="{text(words(f"library.column_{name}"))}">{text(value)}</td>'
        for name, value in cells.items()
    )
    opens = button(text(row.name), "preview", kind="lib-open-document", document=document.id)
    copies = [words("library.copies", n=len(document.copies))] if document.copies else []
    below = f'<span class="lib-detail">{text(copies[0])}</span>' if copies else ""
    return (
        f'<tr role="row"><th scope="row" role="rowheader" title="{text(document.source)}">{opens}{below}</th>{told}'
        f"{_status(words, document, busy=document.source in busy)}{_actions(words, row) if change else ''}</tr>"
    )


def _status(words: Words, document: Document, *, busy: bool) -> str:
    kind = "busy" if busy else "partly" if document.problems else "ready"
    why = f' title="{text(" ".join(document.problems))}"' if document.problems else ""
    label = text(words("library.column_status"))
    said = text(words(f"library.status_{kind}"))
    return f'<td role="cell" class="lib-status {kind}" data-label="{label}"{why}>{said}</td>'


def _actions(words: Words, row: Row) -> str:
    again = button("↻", "reread", name=words("library.reread_named", name=row.name), document=row.document.id)
    delete = button("×", "delete", name=words("library.delete_named", name=row.name), document=row.document.id)
    return f'<td role="cell" class="lib-actions">{again}{delete}</td>'


def _pager(words: Words, window: Window) -> str:
    if window.pages == 1:
        return ""
    return pager(words, "turn", "library.page_of", page=window.page + 1, pages=window.pages)
