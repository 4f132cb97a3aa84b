"""Passages made by hand, for tests of what is done with evidence."""

from __future__ import annotations

from retrieval.types import Boxes, Chunk, Document, Hit, Passage


def make_hit(
    text: str,
    *,
    id: str = "",
    source: str = "notes.md",
    title: str = "",
    headings: tuple[str, ...] = (),
    page: int | None = None,
    page_last: int | None = None,
    boxes: Boxes | None = None,
    tokens: int = 10,
) -> Hit:
    document = Document(
        id=f"document of {source}",
        location=f"/{source}",
        source=source,
        content_hash="",
        media_type="text/markdown",
        parser="",
        pages=0,
        title=title,
        language="",
    )
    chunk = Chunk(
        id=id or f"chunk {source} {text}",
        document_id=document.id,
        position=0,
        text=text,
        embedded_text=text,
        headings=headings,
        page=page,
        page_last=page_last or page,
        boxes=boxes or {},
        tokens=tokens,
        kind="text",
    )
    return Hit(chunk=chunk, document=document, rank=1, scores={}, query="")


def numbered(*hits: Hit) -> tuple[Passage, ...]:
    return tuple(Passage(marker=marker, hit=hit) for marker, hit in enumerate(hits, 1))
