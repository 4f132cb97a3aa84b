"""One knowledge base: documents in, hits out; keeps its three stores consistent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from configs.errors import ConfigError
from configs.settings import SearchSettings
from retrieval.errors import EmbedderMismatch, EmptyQuery, UnknownDocument
from retrieval.indexes import Indexes
from retrieval.ingest import Ingest, Parsing, Progress, Target
from retrieval.language import detect_language
from retrieval.pipeline import Pipeline
from retrieval.ports import Embedder
from retrieval.stores.catalogue import Catalogue, KnowledgeBaseRow
from retrieval.strategy import load_strategy
from retrieval.types import Chunk, Document, IngestReport, Query, SearchResult
from retrieval.verify import VerifyReport, report

FILTERS = ("source", "media_type", "language", "title")


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a knowledge base is made of; `caching` embeds for the index, `embedder` for questions."""

    row: KnowledgeBaseRow
    catalogue: Catalogue
    indexes: Indexes
    embedder: Embedder
    caching: Embedder
    search: SearchSettings
    open_parsers: Callable[[], AbstractContextManager[Parsing]]


class KnowledgeBase:
    """Thread-safe for searching; one ingest at a time."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._row = parts, parts.row
        self._catalogue, self._indexes = parts.catalogue, parts.indexes
        self._writing = threading.Lock()
        self.name = parts.row.name
        self.embedder = parts.embedder
        self._pipeline = Pipeline(
            embedder=parts.embedder,
            vectors=parts.indexes.vectors,
            words=parts.indexes.words,
            fetch=lambda ids: parts.catalogue.fetch(parts.row.id, ids),
        )

    def search(
        self,
        text: str,
        *,
        strategy: str | None = None,
        k: int | None = None,
        filters: Mapping[str, str] | None = None,
    ) -> SearchResult:
        """The k best chunks, by the strategy of that name. Raises ConfigError for an unknown strategy or filter."""
        if not text.strip():
            raise EmptyQuery("The query is empty.", hint="Type what to look for.")
        name = strategy or self._parts.search.strategy
        text = text.encode("utf-8", "replace").decode()
        query = Query(text=text, search_text=text, language=detect_language(text), filters=filters or {})
        return self._pipeline.search(
            query,
            strategy=load_strategy(name),
            name=name,
            k=k or self._parts.search.k,
            document_ids=self._within(query.filters),
        )

    def ingest(
        self, paths: Sequence[Path], *, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> IngestReport:
        """Bring the knowledge base in line with files and folders; see `retrieval.ingest`."""
        parts = self._parts
        target = Target(
            row=self._row,
            catalogue=self._catalogue,
            indexes=self._indexes,
            embedder=parts.caching,
            open_parsers=parts.open_parsers,
            changing=self._changing,
        )
        with self._writing:
            self._catalogue.record_embedder(self._row.id, self.embedder.fingerprint)
            return Ingest(target, progress=progress, cancel=cancel).run(paths)

    def remove(self, references: Sequence[str]) -> int:
        """Forget documents by id, source or file name; returns how many. Raises UnknownDocument before any is gone."""
        documents = [self.document(reference) for reference in references]
        with self._writing, self._changing():
            self._indexes.delete(self._catalogue.remove(self._row.id, [d.location for d in documents]))
        return len(documents)

    def documents(self) -> list[Document]:
        """All documents by source."""
        return self._catalogue.documents(self._row.id)

    def document(self, reference: str) -> Document:
        """By id, source, absolute path or file name. Raises UnknownDocument."""
        matches = [d for d in self.documents() if reference in (d.id, d.source, d.location)]
        matches = matches or [d for d in self.documents() if Path(d.source).name == reference]
        if len(matches) == 1:
            return matches[0]
        names = ", ".join(sorted(d.source for d in matches)[:5])
        raise UnknownDocument(
            f"{len(matches)} documents of {self.name!r} match {reference!r}{': ' + names if names else ''}.",
            hint="Use the source as `kb show` prints it.",
        )

    def chunks(self, document_id: str) -> list[Chunk]:
        """The chunks of a document in reading order."""
        return self._catalogue.chunks(self._row.id, document_id)

    def chunk_counts(self) -> dict[str, int]:
        """Number of chunks per document id."""
        return self._catalogue.chunk_counts(self._row.id)

    def verify(self, *, repair: bool = False) -> VerifyReport:
        """Compare the stores; with `repair` the indexes are first made equal to the catalogue."""
        with self._writing:
            if repair:
                self._catalogue.mark(self._row.id, dirty=True)
                with self._changing():
                    pass
            visible = self._catalogue.chunk_ids(self._row.id)
            differences = self._indexes.compare(visible)
        return report(kb=self.name, documents=len(self.documents()), chunks=len(visible), differences=differences)

    def close(self) -> None:
        """Let go of the indexes."""
        self._indexes.close()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Dirty while it lasts, and for good when it fails; what an earlier failure left is mended first."""
        if self._catalogue.is_dirty(self._row.id):
            visible = self._catalogue.chunk_ids(self._row.id)
            self._indexes.reconcile(visible, self._fetch, self._parts.caching)
        self._catalogue.mark(self._row.id, dirty=True)
        yield
        self._catalogue.mark(self._row.id, dirty=False)

    def _fetch(self, ids: Sequence[str]) -> list[Chunk]:
        return [chunk for chunk, _ in self._catalogue.fetch(self._row.id, ids).values()]

    def _within(self, filters: Mapping[str, str]) -> list[str] | None:
        if not filters:
            return None
        if unknown := sorted(set(filters) - set(FILTERS)):
            raise ConfigError(
                f"There is no filter {unknown[0]!r}.", hint=f"Filter by {', '.join(FILTERS)}; `*` matches anything."
            )
        return [d.id for d in self.documents() if all(_matches(d, key, value) for key, value in filters.items())]


def check_embedder(row: KnowledgeBaseRow, embedder: Embedder) -> None:
    """Refuse to mix vectors. Raises EmbedderMismatch."""
    if row.embedder is not None and row.embedder != embedder.fingerprint:
        model = row.embedder.split("@")[0]
        raise EmbedderMismatch(
            f"{row.name!r} was indexed with {row.embedder}, but the embedder configured is {embedder.fingerprint}.",
            hint=f"Set ROUNDTABLE_EMBEDDING__MODEL={model} again, or delete it (`kb delete`) and ingest anew.",
        )


def _matches(document: Document, key: str, pattern: str) -> bool:
    value: str = getattr(document, key)
    return pattern in (value, Path(value).name) or fnmatchcase(value, pattern)
