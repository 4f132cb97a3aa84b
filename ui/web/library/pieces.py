"""Parts of a screen as HTML, each with a name: what has not changed is not drawn again, and keeps focus and input."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TypedDict

from retrieval.evidence.marked_html import marked_html
from retrieval.types import Chunk
from ui.web.words import Words


class Piece(TypedDict):
    """Some HTML, and the name by which it is known again."""

    id: str
    html: str


def piece(name: str, content: str) -> Piece:
    """A piece of a screen."""
    return {"id": name, "html": content}


def text(value: object) -> str:
    """Anything as text in HTML, also within quotes."""
    return html.escape(str(value))


def button(words: str, act: str, *, name: str = "", kind: str = "", enabled: bool = True, **data: object) -> str:
    """A button that tells the page what to do; `name` is what it is called aloud, where that says more."""
    told = "".join(f' data-{key}="{text(value)}"' for key, value in {"act": act, **data}.items())
    label = f' aria-label="{text(name)}" title="{text(name)}"' if name else ""
    state = "" if enabled else " disabled"
    return f'<button type="button" class="{kind or "lib-button"}"{told}{label}{state}>{words}</button>'


def pager(words: Words, act: str, key: str, *, page: int, pages: int, **data: str) -> str:
    """Turns to the page before and after `page` (from 1); `key` names the sentence that says where it stands."""
    place = text(words(key, page=page, pages=pages))
    back = button("‹", act, name=words("library.previous"), page=page - 1, enabled=page > 1, **data)
    on = button("›", act, name=words("library.next"), page=page + 1, enabled=page < pages, **data)
    label = text(words("library.pager"))
    return f'<nav class="lib-pager" aria-label="{label}">{back}<span role="status">{place}</span>{on}</nav>'


def passage(chunk: Chunk, *, scrolls: bool = False) -> str:
    """The text of a chunk, its tables as tables; the keyboard reaches one that scrolls."""
    reached = ' tabindex="0"' if scrolls else ""
    return f'<div class="passage"{reached}>{marked_html(chunk.text, (), code=chunk.kind == "code")}</div>'


def empty(title: str, hint: str = "") -> str:
    """What stands where there is nothing yet."""
    return f'<div class="lib-empty"><p>{text(title)}</p><p>{text(hint)}</p></div>'


def listed(words: Words, parts: Sequence[str]) -> str:
    """Several words in one sentence."""
    return words("library.comma").join(parts)


def language(words: Words, code: str) -> str:
    """A language by its code."""
    return words(f"library.language_{code}") if code in ("en", "zh") else "–"


def file_size(size: int | None) -> str:
    """Bytes for people."""
    if size is None:
        return "–"
    for unit, factor in (("MB", 1_000_000), ("KB", 1000)):
        if size >= factor:
            return f"{size / factor:.{0 if size >= 10 * factor else 1}f} {unit}"
    return f"{size} B"


def parser_name(parser: str) -> str:
    """A parser without the version of the program it belongs to."""
    program, _, kind = parser.partition("/")
    return kind or program.partition("-")[0]
