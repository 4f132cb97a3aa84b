"""Opens a document to be looked at."""

from __future__ import annotations

import asyncio

from configs.errors import AppError
from retrieval.errors import UnknownDocument
from retrieval.evidence.page_images import is_pictured
from retrieval.types import Chunk, Document
from ui.web.library.preview import Opened, section_of, section_pages
from ui.web.library.workshop import Workshop
from ui.web.listing import base_name


async def open_document(shop: Workshop, kb: str, document_id: str, *, page: int, chunk_id: str = "") -> Opened:
    """A document at a page, or at the passage `chunk_id`; its chunks alone where its pages cannot be shown.

    Raises UnknownDocument.
    """
    document, chunks = await asyncio.to_thread(_find, shop, kb, document_id)
    problem = ""
    if is_pictured(document.media_type):
        try:
            sizes = await shop.sheets.sizes(kb, document)
            page = max(1, min(page or _first(chunks, chunk_id), len(sizes)))
            size, pages = sizes[page - 1], len(sizes)
            return Opened(kb=kb, document=document, chunks=chunks, page=page, pages=pages, size=size, chosen=chunk_id)
        except AppError as error:
            problem = error.message.replace(document.source, base_name(document.source))
    pages = section_pages(chunks)
    page = section_of(chunks, chunk_id) if chunk_id else max(1, min(page, pages))
    return Opened(kb=kb, document=document, chunks=chunks, page=page, pages=pages, problem=problem, chosen=chunk_id)


def _find(shop: Workshop, kb: str, document_id: str) -> tuple[Document, list[Chunk]]:
    base = shop.stock.open(kb)
    document = next((d for d in base.documents() if d.id == document_id), None)
    if document is None or document_id in shop.stock.hidden(kb):
        raise UnknownDocument("The document is no longer in the knowledge base.", hint="Choose another one.")
    return document, base.chunks(document_id)


def _first(chunks: list[Chunk], chunk_id: str) -> int:
    """The page of the passage, else the first that has any."""
    pages = [chunk.page for chunk in chunks if chunk.page and chunk_id in ("", chunk.id)]
    return pages[0] if pages else 1
