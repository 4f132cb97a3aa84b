"""One knowledge base: documents in, hits out; keeps its three stores consistent."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from retrieval.errors import EmptyQuery, ParseError, SourceError, UnknownDocument
from retrieval.filters import within
from retrieval.gate import Gate
from retrieval.ingest import Ingest, OnPage, Progress, Telling, indexed, report
from retrieval.language import detect_language
from retrieval.originals import original
from retrieval.parts import Parts
from retrieval.pipeline import Pipeline
from retrieval.plan import NewContent, Plan, plan
from retrieval.ports import Embedder
from retrieval.sources import SourceFile, discover
from retrieval.strategy import load_strategy
from retrieval.tables import Table, tables
from retrieval.types import Chunk, Document, IngestReport, Query, SearchResult
from retrieval.verify import VerifyReport
from retrieval.writing import Cancelled, Writer

SEARCHES = 3
"""How often a search is made again when documents changed under it; a change takes far longer than a search."""


class KnowledgeBase:
    """Thread-safe for searching; one change at a time."""

    def __init__(self, parts: Parts) -> None:
        self.name = parts.row.name
        self._parts, self._gate, self._writing = parts, Gate(), threading.Lock()

    @property
    def embedder(self) -> Embedder:
        """Embeds questions as its documents were."""
        return self._parts.embedder

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
        text = text.encode("utf-8", "replace").decode()
        query = Query(text=text, search_text=text, language=detect_language(text), filters=filters or {})
        with self._open() as parts:
            for _ in range(SEARCHES):
                revision = parts.catalogue.revision(parts.row.id)
                result = _search(parts, query, strategy or parts.search.strategy, k or parts.search.k)
                if parts.catalogue.revision(parts.row.id) == revision:
                    break
        return result

    def ingest(  # noqa: PLR0913 - all but what to read have defaults
        self,
        inputs: Sequence[str | Path],
        *,
        progress: Progress | None = None,
        on_page: OnPage | None = None,
        cancel: threading.Event | None = None,
        password: str | None = None,
        keep_removed: bool = False,
        retry: bool = False,
    ) -> IngestReport:
        """Bring the knowledge base in line with files, folders, archives and addresses; see `retrieval.ingest`.

        `password` opens encrypted PDFs; with `keep_removed` documents stay when their files are gone. What could not be
        read before is tried again with a password, with `retry`, or when the reader or its settings have changed.
        Raises SourceError before anything is touched when `inputs` hold nothing.
        """
        started, parts, cancel = time.perf_counter(), self._parts, cancel or threading.Event()
        telling = Telling(progress=progress, on_page=on_page)
        with self._writing, parts.workshop.scratch() as scratch:
            try:
                again = bool(retry or password)
                todo = self._plan(inputs, scratch, keep_removed=keep_removed, retry=again, cancel=cancel)
            except Cancelled:
                return self._report(telling, {}, started=started)
            if not todo.total:
                names = ", ".join(str(each) for each in inputs)
                raise SourceError(f"There are no files in {names}.", hint="Give a folder with documents in it.")
            return self._carry_out(todo, telling, started=started, cancel=cancel, password=password)

    def reparse(
        self,
        references: Sequence[str],
        *,
        progress: Progress | None = None,
        on_page: OnPage | None = None,
        cancel: threading.Event | None = None,
        password: str | None = None,
    ) -> IngestReport:
        """Read documents again from their files, which must be there unchanged; raises UnknownDocument first."""
        started, everything = time.perf_counter(), self.documents()
        documents = [self._named(reference, everything)[0] for reference in references]
        with self._writing, ExitStack() as stack:
            new, unreadable = [], []
            for document in documents:
                try:
                    path = stack.enter_context(self.original(document))
                except SourceError as error:
                    unreadable.append((document.source, error))
                    continue
                file = SourceFile(document.source, document.location, path)
                new.append(NewContent(document_id=document.id, content_hash=document.content_hash, files=(file,)))
            todo = Plan(new=tuple(new), known=(), unchanged=(), removed=(), unreadable=tuple(unreadable))
            telling = Telling(progress=progress, on_page=on_page)
            cancel = cancel or threading.Event()
            return self._carry_out(todo, telling, started=started, cancel=cancel, password=password)

    def remove(self, references: Sequence[str]) -> int:
        """Forget documents by id, or places by source or file name; a document goes with its last place.

        Returns how many places were forgotten. Raises UnknownDocument before any is.
        """
        everything = self.documents()
        named = [self._named(reference, everything) for reference in references]
        with self._writing, self._parts.changing():
            places = self._parts.catalogue.places_of(self._parts.row.id)
            gone = {
                place.location
                for document, sources in named
                for place in places[document.id]
                if place.source in sources
            }
            self._parts.writer().unlink(sorted(gone))
        return len(gone)

    def documents(self) -> list[Document]:
        """All documents by source."""
        with self._open() as parts:
            return parts.catalogue.documents(parts.row.id)

    def document(self, reference: str) -> Document:
        """By id, source, absolute path or file name. Raises UnknownDocument."""
        return self._named(reference, self.documents())[0]

    @contextmanager
    def original(self, document: Document) -> Iterator[Path]:
        """A file with the very bytes a document was made from. Raises SourceError when each is gone or has changed."""
        with self._open() as parts:
            places = parts.catalogue.places_of(parts.row.id, [document.id])[document.id]
        refused = SourceError(f"{document.source} is no longer indexed.", hint="Search again.")
        with ExitStack() as stack:
            for place in places:
                try:
                    there = replace(document, location=place.location)
                    path = stack.enter_context(original(there, downloads=self._parts.workshop.downloads))
                    break
                except SourceError as error:
                    refused = error
            else:
                raise refused
            yield path

    def chunks(self, document_id: str) -> list[Chunk]:
        """The chunks of a document in reading order."""
        with self._open() as parts:
            return parts.catalogue.chunks(parts.row.id, document_id)

    def tables(self, document_id: str) -> list[Table]:
        """The tables of a document in reading order. Raises UnknownDocument."""
        with self._open() as parts:
            if not parts.catalogue.places_of(parts.row.id, [document_id]):
                raise UnknownDocument(f"{self.name!r} holds no document {document_id!r}.", hint="Search again.")
            structure = parts.catalogue.docling_json(parts.row.id, document_id)
        return tables(json.loads(structure))

    def chunk_counts(self) -> dict[str, int]:
        """Number of chunks per document id."""
        with self._open() as parts:
            return parts.catalogue.chunk_counts(parts.row.id)

    def verify(self, *, repair: bool = False) -> VerifyReport:
        """Compare the stores; with `repair` the indexes are first made equal to the catalogue."""
        with self._writing:
            if repair:
                self._parts.catalogue.mark(self._parts.row.id, dirty=True)
                with self._parts.changing():
                    pass
            return self._parts.verify()

    def exchange(self, build: Callable[[Parts], Parts], put_in_place: Callable[[], None]) -> None:
        """Build other parts beside the present ones, which answer until the new ones are whole, and change over.

        `put_in_place` is called in the moment between two searches; whatever fails before leaves all as it was.
        """
        with self.unchanging() as old:
            new = build(old)
            with self._gate.closed():
                put_in_place()
                self._parts = replace(new, row=replace(new.row, name=self.name))
            old.close()

    @contextmanager
    def unchanging(self) -> Iterator[Parts]:
        """The parts; nothing is written as long as they are held."""
        with self._writing:
            yield self._parts

    def close(self) -> None:
        """Let go of the indexes."""
        self._parts.close()

    @contextmanager
    def _open(self) -> Iterator[Parts]:
        with self._gate.open():
            yield self._parts

    def _plan(
        self, inputs: Sequence[str | Path], scratch: Path, *, keep_removed: bool, retry: bool, cancel: threading.Event
    ) -> Plan:
        parts, shop = self._parts, self._parts.workshop
        found = discover(
            inputs, scratch=scratch, fetch=shop.fetch, downloads=shop.downloads, private=shop.home, cancel=cancel
        )
        if cancel.is_set():
            raise Cancelled
        return plan(
            found,
            {where: document for where, (_, document) in parts.catalogue.places(parts.row.id).items()},
            refused={} if retry else parts.catalogue.refusals(parts.row.id, shop.reader),
            keep_removed=keep_removed,
            max_mb=shop.max_mb,
            cancel=cancel,
        )

    def _carry_out(
        self, todo: Plan, telling: Telling, *, started: float, cancel: threading.Event, password: str | None
    ) -> IngestReport:
        parts, number = self._parts, self._parts.row.id
        places = {where: source for where, (source, _) in parts.catalogue.places(number).items()}
        telling.expect(todo.total, stay=frozenset(places.values()))
        for source, error in todo.unreadable:
            telling.failed(source, error)
        stages: dict[str, float] = {}
        if todo.new or todo.known or todo.removed:
            ingest = Ingest(
                lambda: self._writer(cancel), lambda: parts.workshop.parsers(password), telling, self._refuse
            )
            with parts.changing():
                stages = ingest.run(todo, sources=places, cancel=cancel)
        counts, documents = parts.catalogue.chunk_counts(number), {d.id: d for d in parts.catalogue.documents(number)}
        for settled, unchanged in ((todo.known, False), (todo.unchanged, True)):
            for file, document in settled:
                size = counts.get(document, 0)
                telling.tell(indexed(documents[document], file.source, size, unchanged=unchanged))
        return self._report(telling, stages, started=started)

    def _report(self, telling: Telling, stages: Mapping[str, float], *, started: float) -> IngestReport:
        _, chunks = self._parts.catalogue.size(self._parts.row.id)
        return report(self.name, telling, stages, chunks=chunks, started=started)

    def _named(self, reference: str, documents: Sequence[Document]) -> tuple[Document, set[str]]:
        """The one document that a reference names, and which of its sources. Raises UnknownDocument."""
        matches = [(document, sources) for document in documents if (sources := _sources(document, reference))]
        exact = [match for match in matches if reference in (match[0].id, match[0].location, *match[1])]
        if len(exact or matches) == 1:
            return (exact or matches)[0]
        names = ", ".join(sorted(document.source for document, _ in matches)[:5])
        raise UnknownDocument(
            f"{len(matches)} documents of {self.name!r} match {reference!r}{': ' + names if names else ''}.",
            hint="Use the source as `kb show` prints it.",
        )

    def _refuse(self, document_id: str, error: ParseError) -> None:
        parts = self._parts
        parts.catalogue.refuse(parts.row.id, document_id, parts.workshop.reader, error)

    def _writer(self, cancel: threading.Event) -> Writer:
        self._parts.catalogue.record_embedder(self._parts.row.id, self.embedder.fingerprint)
        return self._parts.writer(cancel)


def _sources(document: Document, reference: str) -> set[str]:
    """The sources of a document that a reference names: all by its id, else by path, else by file name."""
    if reference == document.id:
        return {document.source, *document.copies}
    if reference in (document.location, document.source):
        return {document.source}
    if reference in document.copies:
        return {reference}
    return {source for source in (document.source, *document.copies) if Path(source).name == reference}


def _search(parts: Parts, query: Query, strategy: str, k: int) -> SearchResult:
    indexes, number = parts.indexes(), parts.row.id
    pipeline = Pipeline(
        embedder=parts.embedder,
        vectors=indexes.vectors,
        words=indexes.words,
        fetch=lambda ids: parts.catalogue.fetch(number, ids),
    )
    limited = within(parts.catalogue.documents(number), query.filters) if query.filters else None
    return pipeline.search(query, strategy=load_strategy(strategy), name=strategy, k=k, document_ids=limited)
