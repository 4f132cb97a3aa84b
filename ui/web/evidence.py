"""The sources behind an answer, and one opened to be looked at, as HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

from retrieval.evidence.marked_html import marked_html
from ui.web.exhibits import Exhibit, Shown
from ui.web.folds import joined
from ui.web.listing import base_name
from ui.web.markdown import Labels
from ui.web.view import View
from ui.web.words import Words, words_in

_ENGLISH = words_in("en")
_SNIPPET = 180
_COPIES = 3
"""Copies named; of more only the number is told."""


def labels(view: View, words: Words) -> Labels:
    """Marker and `file · page` of every passage the conversation holds."""
    return tuple((marker, _place(passage, words)) for marker, passage in sorted(view.passages.items()))


def sources(view: View, words: Words = _ENGLISH) -> str:
    """What the newest answer cites, and in a fold the other passages found."""
    if not view.passages:
        return f'<p class="empty">{words("evidence.empty")}</p>'
    cited = [marker for marker in view.cited if marker in view.passages]
    others = [marker for marker in sorted(view.passages) if marker not in cited]
    parts = [f"<h2>{words('evidence.sources')}</h2>{_entries(view, cited, words)}"] if cited else []
    if others:
        title = words("evidence.also" if cited else "evidence.found", n=len(others))
        listed = f"<summary>{title}</summary>{_entries(view, others, words)}"
        parts.append(f"<details{'' if cited else ' open'}>{listed}</details>")
    return "".join(parts)


def exhibit(view: View, kb: str, marker: int) -> Exhibit | None:
    """What a marker stands for; None when the conversation has no such passage."""
    if marker not in view.passages:
        return None
    found = view.passages[marker]
    return Exhibit(
        kb=kb,
        document_id=str(found["document_id"]),
        chunk_id=str(found["chunk_id"]),
        page=found.get("page"),
        boxes={int(page): tuple(map(tuple, boxes)) for page, boxes in found["boxes"].items()},
        quotes=tuple(view.quotes.get(marker, ())),
    )


def passage(view: View, marker: int, shown: Shown, words: Words) -> str:
    """A passage of the conversation as it is shown: its page, an excerpt of its document, or its text alone."""
    found = view.passages[marker]
    path = html.escape(" › ".join(map(str, found.get("headings") or ())))
    title = (
        f'<h2 id="passage-title" tabindex="-1"><span class="marker">{marker}</span> {html.escape(_name(found))}</h2>'
    )
    close = f'<button type="button" class="close" aria-label="{words("evidence.close")}">×</button>'
    return (
        f'<section class="passage" data-marker="{marker}" aria-labelledby="passage-title">'
        f'<header>{title}{close}<p class="where">{_page(found, words)}<span class="headings">{path}</span></p>'
        f"{_copies(found, words)}</header>{_evidence(found, shown, words)}{_original(shown, words)}</section>"
    )


def _evidence(found: Mapping[str, Any], shown: Shown, words: Words) -> str:
    read = shown.excerpt or marked_html(str(found["text"]), shown.exhibit.quotes)
    text = f'<div class="text" tabindex="0">{read}</div>'
    if not shown.pages:
        return text
    return f"{_pages(_name(found), shown, words)}<details><summary>{words('evidence.text')}</summary>{text}</details>"


def _pages(name: str, shown: Shown, words: Words) -> str:
    """The image of a page with what turns and enlarges it; the page's script does both."""
    address, name = html.escape(shown.exhibit.address), html.escape(name)
    buttons = "".join(
        f'<button type="button" class="{kind}" aria-label="{words(f"evidence.{kind}")}"{state}>{sign}</button>'
        for kind, sign, state in (
            ("previous", "‹", f' aria-disabled="{str(shown.page == 1).lower()}"'),
            ("next", "›", f' aria-disabled="{str(shown.page == shown.pages).lower()}"'),
            ("enlarge", "⤢", ' aria-pressed="false"'),
        )
    )
    count = words("evidence.page_of", page=shown.page, pages=shown.pages)
    return (
        f'<figure class="pages" data-address="{address}" data-edition="{shown.exhibit.edition}" data-name="{name}"'
        f' data-page="{shown.page}" data-pages="{shown.pages}">'
        f'<div class="turn"><span class="count" role="status">{count}</span>{buttons}</div>'
        f'<div class="sheet" tabindex="0"><img src="{address}/{shown.page}?{shown.exhibit.edition}"'
        f' alt="{words("evidence.picture", page=shown.page, name=name)}"></div>'
        f'<p class="failure" role="alert">{words("evidence.failed")}</p></figure>'
    )


def _original(shown: Shown, words: Words) -> str:
    if shown.problem:
        return f'<p class="why">{html.escape(words.remark(shown.problem))}</p>'
    address = html.escape(shown.exhibit.address)
    return f'<p class="original"><a href="{address}/original" download>{words("evidence.original")}</a></p>'


def _copies(found: Mapping[str, Any], words: Words) -> str:
    copies = [_last_two(copy) for copy in found.get("copies") or ()]
    if not copies:
        return ""
    names, more = html.escape(words("units.comma").join(copies[:_COPIES])), len(copies) - _COPIES
    told = words("evidence.copies.more", names=names, n=more) if more > 0 else words("evidence.copies", names=names)
    return f'<span class="copies">{told}</span>'


def _last_two(source: str) -> str:
    """Folder and name of a source: copies often share their name."""
    return "/".join([part for part in re.split(r"[\\/]", source) if part][-2:])


def _entries(view: View, markers: Iterable[int], words: Words) -> str:
    return f'<ol class="sources">{"".join(_entry(view, marker, words) for marker in markers)}</ol>'


def _entry(view: View, marker: int, words: Words) -> str:
    found = view.passages[marker]
    quote = next(iter(view.quotes.get(marker, ())), str(found["text"]))
    return (
        f'<li><button type="button" class="source" data-marker="{marker}"><span class="marker">{marker}</span>'
        f'<span class="file">{html.escape(_name(found))}</span>{_page(found, words)}{_copies(found, words)}'
        f'<span class="snippet">{html.escape(_shortened(quote))}</span></button></li>'
    )


def _place(found: Mapping[str, Any], words: Words) -> str:
    page = found.get("page")
    return joined(_name(found), words("evidence.page", page=page) if page else "")


def _page(found: Mapping[str, Any], words: Words) -> str:
    page = found.get("page")
    return f'<span class="page">{words("evidence.page", page=int(page))}</span>' if page else ""


def _name(found: Mapping[str, Any]) -> str:
    return base_name(str(found["source"]))


def _shortened(text: str) -> str:
    text = " ".join(re.sub(r"\s*\|[\s|:-]*", " ", text).split())
    return text if len(text) <= _SNIPPET else text[: _SNIPPET - 1].rstrip() + "…"
