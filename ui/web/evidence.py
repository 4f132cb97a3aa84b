"""The sources behind an answer, and one opened to be looked at, as HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

from retrieval.evidence.marked_html import marked_html
from ui.web.exhibits import Exhibit, Shown
from ui.web.listing import base_name
from ui.web.markdown import Labels
from ui.web.view import View

_SNIPPET = 180
_COPIES = 3
"""Copies named; of more only the number is told."""


def labels(view: View) -> Labels:
    """Marker and `file · page` of every passage the conversation holds."""
    return tuple((marker, _place(passage)) for marker, passage in sorted(view.passages.items()))


def sources(view: View) -> str:
    """What the newest answer cites, and in a fold the other passages found."""
    if not view.passages:
        return '<p class="empty">Passages that support an answer appear here.</p>'
    cited = [marker for marker in view.cited if marker in view.passages]
    others = [marker for marker in sorted(view.passages) if marker not in cited]
    parts = [f'<h2>Sources</h2><ol class="sources">{_entries(view, cited)}</ol>'] if cited else []
    if others:
        start = "<details><summary>Also found" if cited else "<details open><summary>Found"
        parts.append(f'{start} ({len(others)})</summary><ol class="sources">{_entries(view, others)}</ol></details>')
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


def passage(view: View, marker: int, shown: Shown) -> str:
    """A passage of the conversation as it is shown: its page, an excerpt of its document, or its text alone."""
    found = view.passages[marker]
    path = html.escape(" › ".join(map(str, found.get("headings") or ())))
    title = (
        f'<h2 id="passage-title" tabindex="-1"><span class="marker">{marker}</span> {html.escape(_name(found))}</h2>'
    )
    close = '<button type="button" class="close" aria-label="Close the passage">×</button>'
    return (
        f'<section class="passage" data-marker="{marker}" aria-labelledby="passage-title">'
        f'<header>{title}{close}<p class="where">{_page(found)}<span class="headings">{path}</span></p>'
        f"{_copies(found)}</header>{_evidence(found, shown)}{_original(shown)}</section>"
    )


def _evidence(found: Mapping[str, Any], shown: Shown) -> str:
    words = shown.excerpt or marked_html(str(found["text"]), shown.exhibit.quotes)
    text = f'<div class="text" tabindex="0">{words}</div>'
    if not shown.pages:
        return text
    return f"{_pages(_name(found), shown)}<details><summary>Text of the passage</summary>{text}</details>"


def _pages(name: str, shown: Shown) -> str:
    """The image of a page with what turns and enlarges it; the page's script does both."""
    address, name = html.escape(shown.exhibit.address), html.escape(name)
    buttons = "".join(
        f'<button type="button" class="{kind}" aria-label="{label}"{state}>{sign}</button>'
        for kind, label, sign, state in (
            ("previous", "Previous page", "‹", f' aria-disabled="{str(shown.page == 1).lower()}"'),
            ("next", "Next page", "›", f' aria-disabled="{str(shown.page == shown.pages).lower()}"'),
            ("enlarge", "Enlarge the page", "⤢", ' aria-pressed="false"'),
        )
    )
    return (
        f'<figure class="pages" data-address="{address}" data-edition="{shown.exhibit.edition}" data-name="{name}"'
        f' data-page="{shown.page}" data-pages="{shown.pages}">'
        f'<div class="turn"><span class="count" role="status">Page {shown.page} of {shown.pages}</span>{buttons}</div>'
        f'<div class="sheet" tabindex="0"><img src="{address}/{shown.page}?{shown.exhibit.edition}"'
        f' alt="Page {shown.page} of {name} with the cited words marked"></div>'
        '<p class="failure" role="alert">This page cannot be shown.</p></figure>'
    )


def _original(shown: Shown) -> str:
    if shown.problem:
        return f'<p class="why">{html.escape(shown.problem)}</p>'
    address = html.escape(shown.exhibit.address)
    return f'<p class="original"><a href="{address}/original" download>Download the original</a></p>'


def _copies(found: Mapping[str, Any]) -> str:
    copies = [_last_two(copy) for copy in found.get("copies") or ()]
    if not copies:
        return ""
    more = f" and {len(copies) - _COPIES} more" if len(copies) > _COPIES else ""
    return f'<span class="copies">Same as {html.escape(", ".join(copies[:_COPIES]))}{more}</span>'


def _last_two(source: str) -> str:
    """Folder and name of a source: copies often share their name."""
    return "/".join([part for part in re.split(r"[\\/]", source) if part][-2:])


def _entries(view: View, markers: Iterable[int]) -> str:
    return "".join(_entry(view, marker) for marker in markers)


def _entry(view: View, marker: int) -> str:
    found = view.passages[marker]
    quote = next(iter(view.quotes.get(marker, ())), str(found["text"]))
    return (
        f'<li><button type="button" class="source" data-marker="{marker}"><span class="marker">{marker}</span>'
        f'<span class="file">{html.escape(_name(found))}</span>{_page(found)}{_copies(found)}'
        f'<span class="snippet">{html.escape(_shortened(quote))}</span></button></li>'
    )


def _place(found: Mapping[str, Any]) -> str:
    page = found.get("page")
    return f"{_name(found)} · page {page}" if page else _name(found)


def _page(found: Mapping[str, Any]) -> str:
    return f'<span class="page">page {int(found["page"])}</span>' if found.get("page") else ""


def _name(found: Mapping[str, Any]) -> str:
    return base_name(str(found["source"]))


def _shortened(text: str) -> str:
    text = " ".join(re.sub(r"\s*\|[\s|:-]*", " ", text).split())
    return text if len(text) <= _SNIPPET else text[: _SNIPPET - 1].rstrip() + "…"
