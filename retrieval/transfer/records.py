"""A document with its chunks as one line of an exported file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

from pydantic import Field, FiniteFloat, model_validator

from retrieval.stores.catalogue import Place, Version
from retrieval.transfer.manifest import Count, Sha256, Strict
from retrieval.types import Chunk, ChunkKind, Document

_Box = tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat]


class _Document(Strict):
    id: Sha256
    location: str
    source: str
    content_hash: Sha256
    media_type: str
    parser: str
    pages: Count
    title: str
    language: str
    copies: tuple[str, ...]
    problems: tuple[str, ...]


class _Chunk(Strict):
    id: Sha256
    document_id: Sha256
    position: Count
    text: str
    embedded_text: str
    headings: tuple[str, ...]
    page: Count | None
    page_last: Count | None
    boxes: dict[Count, tuple[_Box, ...]]
    tokens: Count
    kind: ChunkKind
    parent_id: Sha256 | None


class Record(Strict):
    """One line: (location, source) pairs, the oldest first, and chunks in reading order."""

    document: _Document
    places: Annotated[tuple[tuple[str, str], ...], Field(min_length=1)]
    docling: str
    chunks: tuple[_Chunk, ...]

    @model_validator(mode="after")
    def _of_one_document(self) -> Record:
        if {chunk.document_id for chunk in self.chunks} - {self.document.id}:
            raise ValueError("a chunk is of another document")
        if [chunk.position for chunk in self.chunks] != list(range(len(self.chunks))):
            raise ValueError("the chunks are not in reading order")
        return self

    def version(self) -> Version:
        """As the catalogue takes it."""
        return Version(
            document=Document(**{**vars(self.document), "copies": ()}),
            docling_json=self.docling,
            chunks=[Chunk(**vars(chunk)) for chunk in self.chunks],
            places=[Place(location, source) for location, source in self.places],
        )


def line(document: Document, places: Sequence[tuple[str, str]], docling: str, chunks: Sequence[Chunk]) -> bytes:
    """What `Record` reads."""
    fields = {"document": asdict(document), "places": places, "docling": docling}
    return json.dumps({**fields, "chunks": [asdict(chunk) for chunk in chunks]}).encode() + b"\n"
