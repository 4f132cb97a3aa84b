"""Pieces to chunks: their kind, pages, boxes, and the section they are part of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from docling_core.types.doc import DocItemLabel, DoclingDocument

from retrieval.chunking.pieces import Piece
from retrieval.chunking.places import boxes
from retrieval.chunking.ruler import Ruler
from retrieval.types import ChunkDraft, ChunkKind

SECTION_TOKENS = 1000
"""A longer section is divided, so that a parent stays readable."""

_KINDS: dict[DocItemLabel, ChunkKind] = {
    DocItemLabel.TABLE: "table",
    DocItemLabel.DOCUMENT_INDEX: "table",
    DocItemLabel.CODE: "code",
    DocItemLabel.PICTURE: "figure",
    DocItemLabel.CHART: "figure",
}


def drafts(pieces: Iterable[Piece], ruler: Ruler, document: DoclingDocument) -> Iterator[ChunkDraft]:
    """The chunks of the pieces; those on one page and under the same headings share a section."""
    section, filled, before = 0, 0, None
    for piece in pieces:
        text = (piece.text or "\n".join(piece.path)).strip()
        if not text:
            continue
        size, place = ruler.tokens.count(ruler.embedded(piece)), (piece.path, piece.pages[:1])
        if before not in (None, place) or filled + size > SECTION_TOKENS:
            section, filled = section + 1, 0
        before, filled = place, filled + size
        yield _draft(piece, text, section, ruler, document)


def _draft(piece: Piece, text: str, section: int, ruler: Ruler, document: DoclingDocument) -> ChunkDraft:
    kinds = {_KINDS.get(item.label, "text") for item in piece.items if item.label != DocItemLabel.CAPTION}
    return ChunkDraft(
        text=text,
        embedded_text=ruler.embedded(piece),
        headings=piece.path,
        page=min(piece.pages, default=None),
        page_last=max(piece.pages, default=None),
        boxes=boxes(piece.items, document),
        tokens=ruler.size(piece) if piece.searched is None else ruler.tokens.count(text),
        kind=kinds.pop() if len(kinds) == 1 else "text",
        section=section,
    )
