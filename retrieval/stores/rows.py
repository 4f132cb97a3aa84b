"""Documents and chunks as rows of the catalogue, and back."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Any

from retrieval.types import Chunk, Document

DOCUMENT = (
    "documents.id, documents.content_hash, documents.media_type, documents.parser, documents.pages, documents.title, "
    "documents.language, documents.problems"
)
CHUNK = (
    "chunks.id, chunks.document_id, chunks.position, chunks.text, chunks.embedded_text, chunks.headings, chunks.page, "
    "chunks.page_last, chunks.boxes, chunks.tokens, chunks.kind, chunks.parent_id"
)
_CHUNK_FIELDS = tuple(name.split(".")[1] for name in CHUNK.split(", "))
_DOCUMENT_FIELDS = tuple(name.split(".")[1] for name in DOCUMENT.split(", "))
CHUNK_COLUMNS = len(_CHUNK_FIELDS)


def document_row(kb: int, document: Document, docling: bytes) -> tuple[object, ...]:
    """For all columns of `documents`."""
    return (
        kb, document.id, document.content_hash, document.media_type, document.parser, document.pages,
        document.title, document.language, json.dumps(document.problems), docling,
    )  # fmt: skip


def document(row: Sequence[Any], sources: Sequence[tuple[str, str]]) -> Document:
    """From the columns of DOCUMENT and its (location, source) pairs, of which there is at least one."""
    values = dict(zip(_DOCUMENT_FIELDS, row, strict=True))
    problems = tuple(json.loads(values.pop("problems")))
    (location, source), *others = sources
    copies = tuple(other for _, other in others)
    return Document(**values, location=location, source=source, copies=copies, problems=problems)


def chunk_row(kb: int, chunk: Chunk) -> tuple[object, ...]:
    """For all columns of `chunks`."""
    return (
        kb, chunk.id, chunk.document_id, chunk.position, chunk.text, chunk.embedded_text,
        json.dumps(chunk.headings, ensure_ascii=False), chunk.page, chunk.page_last, json.dumps(chunk.boxes),
        chunk.tokens, chunk.kind, chunk.parent_id,
    )  # fmt: skip


def chunk(row: Sequence[Any]) -> Chunk:
    """From the columns of CHUNK."""
    values = dict(zip(_CHUNK_FIELDS, row, strict=True))
    headings, boxes = json.loads(values.pop("headings")), json.loads(values.pop("boxes"))
    return Chunk(
        **values,
        headings=tuple(headings),
        boxes={int(page): tuple(tuple(box) for box in found) for page, found in boxes.items()},
    )


def pack_json(docling_json: str) -> bytes:
    """A document's structure as it is kept."""
    return zlib.compress(docling_json.encode("utf-8", "surrogatepass"), 3)


def unpack_json(blob: bytes) -> str:
    """The opposite of `pack_json`."""
    return zlib.decompress(blob).decode("utf-8", "surrogatepass")
