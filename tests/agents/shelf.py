"""A knowledge base in memory, for tests of the agents: every text is a document, every paragraph a chunk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from retrieval.embedding.hashing import HashingEmbedder
from retrieval.errors import UnknownDocument
from retrieval.language import detect_language
from retrieval.ports import Embedder
from retrieval.tables import Table
from retrieval.types import Chunk, Document, Hit, Query, SearchResult, Step


@dataclass
class Shelf:
    """Ranks by shared three-letter sequences; a page per paragraph, which may be a Markdown table.

    `searched` keeps every query.
    """

    texts: Mapping[str, str]
    name: str = "shelf"
    embedder: Embedder = field(default_factory=HashingEmbedder)
    searched: list[str] = field(default_factory=list)

    def documents(self) -> list[Document]:
        return [_document(source, text) for source, text in self.texts.items()]

    def document(self, reference: str) -> Document:
        for document in self.documents():
            if reference in (document.id, document.source):
                return document
        raise UnknownDocument(f"There is no document {reference!r}.", hint="See list_documents.")

    def chunks(self, document_id: str) -> list[Chunk]:
        document = self.document(document_id)
        paragraphs = self.texts[document.source].split("\n\n")
        return [_chunk(document, position, text) for position, text in enumerate(paragraphs)]

    def tables(self, document_id: str) -> list[Table]:
        return [_table(chunk) for chunk in self.chunks(document_id) if chunk.kind == "table"]

    @contextmanager
    def original(self, document: Document) -> Iterator[Path]:
        with TemporaryDirectory() as folder:
            path = Path(folder) / Path(document.source).name
            path.write_text(self.texts[document.source], encoding="utf-8")
            yield path

    def search(
        self,
        text: str,
        *,
        strategy: str | None = None,
        k: int | None = None,
        filters: Mapping[str, str] | None = None,  # noqa: ARG002 - no test filters
    ) -> SearchResult:
        self.searched.append(text)
        found = [(document, chunk) for document in self.documents() for chunk in self.chunks(document.id)]
        vectors = self.embedder.embed([text, *(chunk.text for _, chunk in found)])
        scores = [float(score) for score in vectors[1:] @ vectors[0]]
        order = sorted(range(len(found)), key=lambda at: -scores[at])[: k or 8]
        hits = tuple(
            Hit(chunk=found[at][1], document=found[at][0], rank=rank, scores={"dense": scores[at]}, query=text)
            for rank, at in enumerate(order, 1)
        )
        query = Query(text=text, search_text=text, language=detect_language(text))
        step = Step(name="dense", ms=0.1, outputs=f"{len(hits)} results")
        return SearchResult(query=query, strategy=strategy or "hybrid", hits=hits, steps=(step,))


def _document(source: str, text: str) -> Document:
    return Document(
        id=f"doc-{source}",
        source=source,
        location=source,
        content_hash=str(hash(text)),
        media_type="text/markdown",
        parser="test",
        pages=text.count("\n\n") + 1,
        title=source,
        language=detect_language(text),
    )


def _chunk(document: Document, position: int, text: str) -> Chunk:
    return Chunk(
        id=f"{document.id}-{position}",
        document_id=document.id,
        position=position,
        text=text,
        embedded_text=text,
        headings=(),
        page=position + 1,
        page_last=position + 1,
        boxes={position + 1: ((72.0, 72.0, 540.0, 100.0),)},
        tokens=max(1, len(text) // 4),
        kind="table" if text.startswith("|") else "text",
    )


def _table(chunk: Chunk) -> Table:
    header, _, *rows = (tuple(c.strip() for c in line.strip("|").split("|")) for line in chunk.text.splitlines())
    return Table(columns=header, rows=tuple(rows), page=chunk.page)
