"""A document as it is searched: its page with the chunks outlined, or its chunks one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from retrieval.types import Box, Chunk, Document
from ui.web.library.pieces import button, language, pager, parser_name, passage, text
from ui.web.listing import base_name
from ui.web.words import Words

SECTIONS = 30
"""Chunks on one page of a document that has no pages of its own."""

Size = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A document to look at, open at `page` (from 1) of `pages`.

    `size` is that of the page in points; without it the chunks are listed, and `problem` may say why. `chosen` is the
    id of the chunk that is looked for.
    """

    kb: str
    document: Document
    chunks: Sequence[Chunk]
    page: int
    pages: int
    size: Size | None = None
    problem: str = ""
    chosen: str = ""

    @property
    def address(self) -> str:
        """The image of the page, relative to the site."""
        return "/".join(("library", quote(self.kb, safe=""), quote(self.document.id, safe=""), "page", str(self.page)))

    @property
    def shown(self) -> Sequence[Chunk]:
        """The chunks on this page."""
        if self.size:
            return [chunk for chunk in self.chunks if _stands_on(chunk, self.page)]
        return self.chunks[(self.page - 1) * SECTIONS : self.page * SECTIONS]


def section_pages(chunks: Sequence[Chunk]) -> int:
    """How many pages the chunks of a document take that are listed."""
    return max(1, -(-len(chunks) // SECTIONS))


def section_of(chunks: Sequence[Chunk], chunk_id: str) -> int:
    """The page on which a chunk is listed; the first when there is none of that id."""
    return next((number // SECTIONS + 1 for number, chunk in enumerate(chunks) if chunk.id == chunk_id), 1)


def preview(words: Words, opened: Opened) -> str:
    """The document as HTML; the page's script turns, and joins boxes and chunks."""
    name = base_name(opened.document.source)
    back = button(f"‹ {text(words('library.back'))}", "close", kind="lib-back")
    problems = [opened.problem] if opened.problem else []
    notes = "".join(f'<p class="lib-note">{text(each)}</p>' for each in (*problems, *opened.document.problems))
    body = _sheet(words, opened, name) + _chunks(words, opened) if opened.size else _chunks(words, opened)
    return (
        f'<section class="lib-preview{" lib-paged" if opened.size else ""}" aria-labelledby="lib-preview-title"'
        f' data-document="{text(opened.document.id)}" data-page="{opened.page}">'
        f'<header>{back}<h3 id="lib-preview-title" tabindex="-1">{text(name)}</h3>'
        f'<p class="lib-where">{text(_figures(words, opened))}</p>{notes}</header>'
        f'{_turn(words, opened)}<div class="lib-spread">{body}</div></section>'
    )


def _figures(words: Words, opened: Opened) -> str:
    document = opened.document
    pages = [words("library.pages", n=document.pages)] if document.pages else []
    told = [*pages, words("library.chunks", n=len(opened.chunks)), parser_name(document.parser)]
    return " · ".join([*told, language(words, document.language)])


def _turn(words: Words, opened: Opened) -> str:
    if opened.pages == 1 and not opened.size:
        return ""
    key = "library.page_of" if opened.size else "library.part_of"
    return pager(words, "sheet", key, page=opened.page, pages=opened.pages, document=opened.document.id)


def _sheet(words: Words, opened: Opened, name: str) -> str:
    width, height = opened.size or (1.0, 1.0)
    boxes = "".join(
        _box(box, (width, height), chunk, first=number == 0, chosen=chunk.id == opened.chosen)
        for chunk in opened.shown
        for number, box in enumerate(chunk.boxes.get(opened.page, ()))
    )
    alt = text(words("library.sheet_alt", name=name, page=opened.page))
    failed = text(words("library.sheet_failed"))
    return (
        f'<figure class="lib-sheet" style="aspect-ratio:{width:.2f}/{height:.2f}"><img src="{text(opened.address)}"'
        f' alt="{alt}">{boxes}<p class="lib-sheet-failed" role="alert">{failed}</p></figure>'
    )


def _box(box: Box, size: Size, chunk: Chunk, *, first: bool, chosen: bool) -> str:
    left, top, right, bottom = box
    (width, height), number = size, chunk.position + 1
    place = (
        f"left:{100 * left / width:.3f}%;top:{100 * top / height:.3f}%;"
        f"width:{100 * (right - left) / width:.3f}%;height:{100 * (bottom - top) / height:.3f}%"
    )
    label = f"<b>{number}</b>" if first else ""
    state = " chosen" if chosen else ""
    return f'<div class="lib-box{state}" data-chunk="{number}" style="{place}" aria-hidden="true">{label}</div>'


def _chunks(words: Words, opened: Opened) -> str:
    if not opened.shown:
        return f'<p class="lib-note">{text(words("library.no_chunks"))}</p>'
    items = "".join(_chunk(words, opened, chunk) for chunk in opened.shown)
    return f'<ol class="lib-chunks" aria-label="{text(words("library.chunk_list"))}">{items}</ol>'


def _chunk(words: Words, opened: Opened, chunk: Chunk) -> str:
    number, chosen = chunk.position + 1, chunk.id == opened.chosen
    where = words("library.page", n=chunk.page) if chunk.page and not opened.size else ""
    figures = " · ".join([*([where] if where else []), words("library.tokens", n=chunk.tokens)])
    path, told = text(" › ".join(chunk.headings)), f'<span class="lib-figures">{text(figures)}</span>'
    return (
        f'<li tabindex="0" class="lib-chunk{" chosen" if chosen else ""}" data-chunk="{number}">'
        f'<header><b>{number}</b><span class="lib-path">{path}</span>{told}</header>{passage(chunk)}</li>'
    )


def _stands_on(chunk: Chunk, page: int) -> bool:
    if chunk.boxes:
        return page in chunk.boxes
    return chunk.page is not None and chunk.page <= page <= (chunk.page_last or chunk.page)
