"""What flows through retrieval: frozen values, made once and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in PDF points (1/72 inch), origin at the page's top left."""

Boxes = Mapping[int, tuple[Box, ...]]
"""The boxes of a passage on each page it touches; empty for formats without pages."""

ChunkKind = Literal["text", "table", "figure", "code"]
DocumentStatus = Literal["indexed", "unchanged", "removed", "failed"]


@dataclass(frozen=True, kw_only=True)
class Document:
    """One content, stored once however many sources hold it.

    `location` is where it was found (an absolute path, `ARCHIVE!/MEMBER` or an address), `source` the same as the user
    gave it, `copies` the sources of other files with the same content. `pages` is 0 for formats without pages;
    `problems` says, page by page, what could not be read.
    """

    id: str
    location: str
    source: str
    content_hash: str
    media_type: str
    parser: str
    pages: int
    title: str
    language: str
    copies: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ChunkDraft:
    """A chunk as the parsing worker makes it, before it has an identity in a knowledge base.

    Chunks of one `section` (counted from 0 in reading order) make up one parent for small-to-big.
    """

    text: str
    embedded_text: str
    headings: tuple[str, ...] = ()
    page: int | None = None
    page_last: int | None = None
    boxes: Boxes = field(default_factory=dict)
    tokens: int
    kind: ChunkKind = "text"
    section: int = 0


@dataclass(frozen=True, kw_only=True)
class ParsedDocument:
    """A document read and cut: `docling_json` keeps the full structure so that re-chunking never re-parses."""

    media_type: str
    parser: str
    pages: int
    title: str
    language: str
    docling_json: str
    chunks: tuple[ChunkDraft, ...]
    problems: tuple[str, ...] = ()
    parse_s: float = 0.0
    chunk_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """A passage that can be found, read and cited. `text` is for reading, `embedded_text` for searching.

    Chunks of one section share their `parent_id`; together, in the order of their positions, they are the parent.
    """

    id: str
    document_id: str
    position: int
    text: str
    embedded_text: str
    headings: tuple[str, ...]
    page: int | None
    page_last: int | None
    boxes: Boxes
    tokens: int
    kind: ChunkKind
    parent_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Query:
    """`text` is what was asked, `search_text` what is searched (a rewrite, or the same)."""

    text: str
    search_text: str
    language: str
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A chunk found. `scores` holds one entry per arm that saw it, and `fused` where arms were fused."""

    chunk: Chunk
    document: Document
    rank: int
    scores: Mapping[str, float]
    query: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """One stage of a search or an answer, for the trace."""

    name: str
    ms: float
    inputs: str = ""
    outputs: str = ""
    tokens: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The step as it stands in JSON."""
        return {
            "name": self.name,
            "ms": round(self.ms, 3),
            "inputs": self.inputs,
            "outputs": self.outputs,
            "tokens": self.tokens,
        }


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """Hits, best first, and every stage that led to them."""

    query: Query
    strategy: str
    hits: tuple[Hit, ...]
    steps: tuple[Step, ...]

    @property
    def ms(self) -> float:
        """Milliseconds over all steps."""
        return sum(step.ms for step in self.steps)


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A numbered piece of evidence: what the marker `[marker]` in an answer points at."""

    marker: int
    hit: Hit


@dataclass(frozen=True, kw_only=True)
class Citation:
    """A marker used in an answer, with the words it rests on (verbatim from the chunk)."""

    marker: int
    chunk_id: str
    document_id: str
    source: str
    page: int | None
    boxes: Boxes
    quote: str
    headings: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The citation as it stands in JSON; boxes keyed by page number."""
        return {
            "marker": self.marker,
            "source": self.source,
            "page": self.page,
            "boxes": {str(page): [list(box) for box in boxes] for page, boxes in self.boxes.items()},
            "quote": self.quote,
            "chunk_id": self.chunk_id,
            "document_id": self.document_id,
            "headings": list(self.headings),
            "copies": list(self.copies),
        }


@dataclass(frozen=True, kw_only=True)
class FileOutcome:
    """What became of one source in an ingest."""

    source: str
    status: DocumentStatus
    chunks: int = 0
    pages: int = 0
    parser: str = ""
    seconds: float = 0.0
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The outcome as it stands in JSON."""
        return {**self.__dict__, "seconds": round(self.seconds, 4)}


@dataclass(frozen=True, kw_only=True)
class IngestReport:
    """All outcomes of one ingest; stage seconds are the time each stage was busy and may overlap."""

    kb: str
    documents: tuple[FileOutcome, ...]
    chunks_total: int
    seconds: float
    stage_seconds: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """The report as it stands in JSON."""
        return {
            "kb": self.kb,
            "documents": [outcome.as_dict() for outcome in self.documents],
            "chunks_total": self.chunks_total,
            "seconds": round(self.seconds, 3),
            "stage_seconds": {name: round(s, 3) for name, s in self.stage_seconds.items()},
        }
