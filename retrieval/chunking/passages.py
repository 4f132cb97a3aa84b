"""The items of a document in reading order, each under its headings."""

from __future__ import annotations

from collections.abc import Iterator

from docling_core.transforms.chunker.doc_chunk import DocChunk
from docling_core.transforms.chunker.hierarchical_chunker import HierarchicalChunker
from docling_core.types.doc import ContentLayer, DoclingDocument, TitleItem

from retrieval.chunking.pieces import Path, Piece
from retrieval.chunking.places import has_leaves
from retrieval.chunking.serializing import Serializers


def passages(document: DoclingDocument) -> Iterator[Piece]:
    """One piece per item, of any length, and one without text for each heading with nothing below it."""
    title, leaves = document_title(document), has_leaves(document)
    for chunk in HierarchicalChunker(serializer_provider=Serializers(), always_emit_headings=True).chunk(document):
        piece = Piece(text=chunk.text, path=_path(chunk, title), items=tuple(chunk.meta.doc_items))
        pages = piece.pages if leaves else ()
        yield Piece(text=piece.text, path=piece.path, items=piece.items, leaf=min(pages, default=None))


def document_title(document: DoclingDocument) -> str | None:
    """The text of the first title item, on the page or else in the metadata of a web page."""
    titles = [item for item in document.texts if isinstance(item, TitleItem) and item.text.strip()]
    titles.sort(key=lambda title: title.content_layer != ContentLayer.BODY)
    return titles[0].text.strip() if titles else None


def _path(chunk: DocChunk, title: str | None) -> Path:
    headings = tuple(heading for heading in chunk.meta.headings or () if heading.strip())
    return headings if title is None or headings[:1] == (title,) else (title, *headings)
