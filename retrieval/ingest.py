"""Brings a knowledge base in line with files on disk: parse → chunk → embed → index, overlapping.

Commit order: both indexes first, then one catalogue transaction that makes the new documents visible and the old
versions vanish, then the old chunks leave the indexes. A search shows only chunks the catalogue knows, so a kill at any
moment leaves the old state or the new one; the `dirty` mark makes the next opening reconcile the indexes.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from retrieval import identity
from retrieval.errors import ParseError
from retrieval.indexes import Indexes
from retrieval.ports import Embedder
from retrieval.sources import Plan, SourceFile, plan
from retrieval.stores.catalogue import Catalogue, KnowledgeBaseRow
from retrieval.types import Chunk, Document, FileOutcome, IngestReport, ParsedDocument

Progress = Callable[[FileOutcome, int, int], None]
"""Called for every source with its outcome, how many are done and how many there are."""

BATCH_CHUNKS = 96
"""Chunks committed together: enough to fill sorted batches, few enough that documents appear steadily."""

_AHEAD = 64


class Parsing(Protocol):
    """What ingest needs of a parser pool."""

    def parse_all(
        self, paths: Sequence[Path], *, cancel: threading.Event | None = None
    ) -> Iterator[tuple[Path, ParsedDocument | ParseError]]:
        """Each path with its document or the reason it failed, as they finish."""
        ...


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where an ingest writes; `changing` marks the knowledge base dirty for as long as indexes may differ."""

    row: KnowledgeBaseRow
    catalogue: Catalogue
    indexes: Indexes
    embedder: Embedder
    open_parsers: Callable[[], AbstractContextManager[Parsing]]
    changing: Callable[[], AbstractContextManager[None]]


@dataclass
class _Batch:
    documents: list[tuple[Document, str, list[Chunk]]] = field(default_factory=list)
    outcomes: list[FileOutcome] = field(default_factory=list)

    def chunks(self) -> list[Chunk]:
        return [chunk for _, _, chunks in self.documents for chunk in chunks]


class Ingest:
    """One run over some paths."""

    def __init__(self, target: Target, *, progress: Progress | None, cancel: threading.Event | None) -> None:
        self._target, self._progress = target, progress
        self._cancel = cancel or threading.Event()
        self._outcomes: list[FileOutcome] = []
        self._total = 0
        self._stages = dict.fromkeys(("parse", "chunk", "embed", "index"), 0.0)

    def run(self, paths: Sequence[Path]) -> IngestReport:
        """Sync and report. Raises SourceError before anything is touched when `paths` hold nothing."""
        started = time.perf_counter()
        kb, catalogue = self._target.row, self._target.catalogue
        todo = plan(paths, catalogue.documents(kb.id))
        self._total = len(todo.changed) + len(todo.unchanged) + len(todo.removed) + len(todo.unreadable)
        self._report_settled(todo, catalogue.chunk_counts(kb.id))
        if todo.changed or todo.removed:
            with self._target.changing():
                self._remove(todo.removed)
                self._index(todo.changed)
        return IngestReport(
            kb=kb.name,
            documents=tuple(self._outcomes),
            chunks_total=sum(catalogue.chunk_counts(kb.id).values()),
            seconds=time.perf_counter() - started,
            stage_seconds=self._stages,
        )

    def _report_settled(self, todo: Plan, counts: dict[str, int]) -> None:
        for document in todo.unchanged:
            self._tell(_outcome(document, "unchanged", chunks=counts.get(document.id, 0)))
        for file, error in todo.unreadable:
            self._tell(FileOutcome(source=file.source, status="failed", error=str(error)))

    def _remove(self, documents: Sequence[Document]) -> None:
        if documents:
            target = self._target
            target.indexes.delete(target.catalogue.remove(target.row.id, [d.location for d in documents]))
        for document in documents:
            self._tell(_outcome(document, "removed"))

    def _index(self, changed: Sequence[tuple[SourceFile, str]]) -> None:
        by_path = {file.path: (file, digest) for file, digest in changed}
        batch = _Batch()
        with self._target.open_parsers() as parsers:
            for path, parsed in _ahead(parsers.parse_all(list(by_path), cancel=self._cancel)):
                file, digest = by_path[path]
                if isinstance(parsed, ParseError):
                    self._tell(FileOutcome(source=file.source, status="failed", error=str(parsed)))
                    continue
                self._collect(batch, file, digest, parsed)
                if len(batch.chunks()) >= BATCH_CHUNKS:
                    self._commit(batch)
                    batch = _Batch()
            self._commit(batch)

    def _collect(self, batch: _Batch, file: SourceFile, digest: str, parsed: ParsedDocument) -> None:
        document = Document(
            id=identity.document_id(file.location, digest),
            location=file.location,
            source=file.source,
            content_hash=digest,
            media_type=parsed.media_type,
            parser=parsed.parser,
            pages=parsed.pages,
            title=parsed.title,
            language=parsed.language,
        )
        chunks = [identity.chunk(d, document=document.id, position=i) for i, d in enumerate(parsed.chunks)]
        batch.documents.append((document, parsed.docling_json, chunks))
        seconds = parsed.parse_s + parsed.chunk_s
        error = "; ".join(parsed.problems) or None
        batch.outcomes.append(_outcome(document, "indexed", chunks=len(chunks), seconds=seconds, error=error))
        self._stages["parse"] += parsed.parse_s
        self._stages["chunk"] += parsed.chunk_s

    def _commit(self, batch: _Batch) -> None:
        if not batch.documents:
            return
        target, chunks = self._target, batch.chunks()
        started = time.perf_counter()
        vectors = target.embedder.embed([chunk.embedded_text for chunk in chunks])
        embedded = time.perf_counter()
        if chunks:
            target.indexes.add(chunks, vectors)
        gone = target.catalogue.replace(target.row.id, batch.documents)
        target.indexes.delete(gone)
        self._stages["embed"] += embedded - started
        self._stages["index"] += time.perf_counter() - embedded
        for outcome in batch.outcomes:
            self._tell(outcome)

    def _tell(self, outcome: FileOutcome) -> None:
        self._outcomes.append(outcome)
        if self._progress is not None:
            self._progress(outcome, len(self._outcomes), self._total)


def _outcome(
    document: Document, status: str, *, chunks: int = 0, seconds: float = 0.0, error: str | None = None
) -> FileOutcome:
    return FileOutcome(
        source=document.source,
        status=status,  # type: ignore[arg-type]  # one of DocumentStatus at every call above
        chunks=chunks,
        pages=document.pages,
        parser=document.parser,
        seconds=seconds,
        error=error,
    )


def _ahead(
    results: Iterator[tuple[Path, ParsedDocument | ParseError]],
) -> Iterator[tuple[Path, ParsedDocument | ParseError]]:
    """Pull results in a thread, so that parsing goes on while a batch is embedded."""
    waiting: queue.Queue[tuple[Path, ParsedDocument | ParseError] | Exception | None] = queue.Queue(_AHEAD)
    abandoned = threading.Event()

    def hand_over(item: tuple[Path, ParsedDocument | ParseError] | Exception | None) -> None:
        while not abandoned.is_set():
            with contextlib.suppress(queue.Full):
                waiting.put(item, timeout=0.2)
                return

    def pull() -> None:
        try:
            for result in results:
                hand_over(result)
            hand_over(None)
        except Exception as error:  # noqa: BLE001 - handed to the consumer, which raises it
            hand_over(error)

    threading.Thread(target=pull, daemon=True).start()
    try:
        while (result := waiting.get()) is not None:
            if isinstance(result, Exception):
                raise result
            yield result
    finally:
        abandoned.set()
