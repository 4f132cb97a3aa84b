"""Brings a knowledge base in line with files, archives and addresses: parse → chunk → embed → index, overlapping."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from configs.errors import AppError
from retrieval import identity
from retrieval.errors import ParseError, ReaderBroken
from retrieval.plan import NewContent, Plan
from retrieval.sources import SourceFile
from retrieval.stores.catalogue import Place, Version
from retrieval.types import ChunkDraft, Document, FileOutcome, IngestReport, ParsedDocument
from retrieval.writing import Cancelled, Writer

Progress = Callable[[FileOutcome, int, int], None]
"""Called for every source with its outcome, how many are done and how many there are."""

OnPage = Callable[[str, int, int], None]
"""Called while a document is read: its source, how many pages are done and how many there are."""

Result = tuple[Path, ParsedDocument | ParseError]
"""A path with its document or the reason it failed."""

BATCH_CHUNKS = 96
"""Chunks committed together: enough to fill sorted batches, few enough that documents appear steadily."""

_AHEAD = 64


class Parsing(Protocol):
    """What is needed of a parser pool."""

    def parse_all(
        self,
        paths: Iterable[Path],
        *,
        cancel: threading.Event | None = None,
        on_page: Callable[[Path, int, int], None] | None = None,
    ) -> Iterator[Result]:
        """Each path with its document or the reason it failed, as they finish."""
        ...

    def cut_all(
        self, documents: Iterable[tuple[str, str]], *, cancel: threading.Event | None = None
    ) -> Iterator[tuple[str, tuple[ChunkDraft, ...] | ParseError]]:
        """Each document id with the chunks of its docling JSON or the reason it failed, as they finish."""
        ...


@dataclass(kw_only=True)
class Telling:
    """Who is told of what happens, and what has happened so far."""

    progress: Progress | None = None
    on_page: OnPage | None = None
    outcomes: list[FileOutcome] = field(default_factory=list)
    total: int = 0
    stay: frozenset[str] = frozenset()

    def expect(self, total: int, *, stay: frozenset[str]) -> None:
        """There will be `total` outcomes; what was indexed of the sources `stay` stays if they cannot be read now."""
        self.total, self.stay = total, stay

    def failed(self, source: str, error: AppError) -> None:
        """A source could not be read."""
        kept = " What was indexed of it before stays." if source in self.stay else ""
        self.tell(FileOutcome(source=source, status="failed", error=f"{error}{kept}"))

    def tell(self, *outcomes: FileOutcome) -> None:
        """One more source is done with."""
        for outcome in outcomes:
            self.outcomes.append(outcome)
            if self.progress is not None:
                self.progress(outcome, len(self.outcomes), self.total)


@dataclass
class _Batch:
    versions: list[Version] = field(default_factory=list)
    outcomes: list[FileOutcome] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(len(version.chunks) for version in self.versions)


class Ingest:
    """One run of a plan."""

    def __init__(
        self,
        writer: Callable[[], Writer],
        open_parsers: Callable[[], AbstractContextManager[Parsing]],
        telling: Telling,
        refuse: Callable[[str, ParseError], None],
    ) -> None:
        self._open_writer, self._open_parsers, self._telling = writer, open_parsers, telling
        self._refuse = refuse
        self._parse_s = self._chunk_s = 0.0

    def run(self, plan: Plan, *, sources: dict[str, str], cancel: threading.Event) -> dict[str, float]:
        """Carry the plan out; `sources` names the removed locations. Returns the seconds each stage was busy."""
        contents = {content.files[0].path: content for content in plan.new}
        with self._open_parsers() as parsers:
            results = parsers.parse_all(list(contents), cancel=cancel, on_page=self._paged(contents))
            with _ahead(results) as reading, contextlib.suppress(Cancelled):
                writer = self._open_writer()
                self._settle(writer, plan, sources)
                self._index(writer, contents, reading)
        return {"parse": self._parse_s, "chunk": self._chunk_s, "embed": writer.embed_s, "index": writer.index_s}

    def _settle(self, writer: Writer, plan: Plan, sources: dict[str, str]) -> None:
        """What needs no reading: files known by their content, then those that are gone."""
        if plan.known:
            writer.link([(_place(file), document) for file, document in plan.known])
        if plan.removed:
            writer.unlink(plan.removed)
        self._telling.tell(*(FileOutcome(source=sources[where], status="removed") for where in plan.removed))

    def _paged(self, contents: dict[Path, NewContent]) -> Callable[[Path, int, int], None] | None:
        on_page = self._telling.on_page
        return on_page and (lambda path, page, pages: on_page(contents[path].files[0].source, page, pages))

    def _index(self, writer: Writer, contents: dict[Path, NewContent], reading: Iterator[Result]) -> None:
        batch = _Batch()
        for path, parsed in reading:
            content = contents[path]
            outcome = _changed(path, content) or parsed if isinstance(parsed, ParsedDocument) else parsed
            if isinstance(outcome, ParseError):
                if outcome is parsed and not isinstance(outcome, ReaderBroken):
                    self._refuse(content.document_id, outcome)
                for file in content.files:
                    self._telling.failed(file.source, outcome)
                continue
            self._collect(batch, content, outcome)
            if batch.size >= BATCH_CHUNKS:
                self._commit(writer, batch)
                batch = _Batch()
        self._commit(writer, batch)

    def _collect(self, batch: _Batch, content: NewContent, parsed: ParsedDocument) -> None:
        first, *others = content.files
        document = Document(
            id=content.document_id,
            location=first.location,
            source=first.source,
            content_hash=content.content_hash,
            media_type=parsed.media_type,
            parser=parsed.parser,
            pages=parsed.pages,
            title=parsed.title,
            language=parsed.language,
            copies=tuple(file.source for file in others),
            problems=parsed.problems,
        )
        chunks = [identity.chunk(d, document=document.id, position=i) for i, d in enumerate(parsed.chunks)]
        places = [_place(file) for file in content.files]
        batch.versions.append(
            Version(document=document, docling_json=parsed.docling_json, chunks=chunks, places=places)
        )
        seconds = parsed.parse_s + parsed.chunk_s
        batch.outcomes += [indexed(document, place.source, len(chunks), seconds=seconds) for place in places]
        self._parse_s += parsed.parse_s
        self._chunk_s += parsed.chunk_s

    def _commit(self, writer: Writer, batch: _Batch) -> None:
        if batch.versions:
            writer.put(batch.versions)
            self._telling.tell(*batch.outcomes)


def indexed(
    document: Document, source: str, chunks: int, *, seconds: float = 0.0, unchanged: bool = False
) -> FileOutcome:
    """The outcome of a source whose document is there now; `unchanged` if it was before."""
    return FileOutcome(
        source=source,
        status="unchanged" if unchanged else "indexed",
        chunks=chunks,
        pages=document.pages,
        parser=document.parser,
        seconds=seconds,
        error="; ".join(document.problems) or None,
    )


def report(kb: str, telling: Telling, stages: Mapping[str, float], *, chunks: int, started: float) -> IngestReport:
    """All outcomes, and how long it took since `started` (of time.perf_counter)."""
    return IngestReport(
        kb=kb,
        documents=tuple(telling.outcomes),
        chunks_total=chunks,
        seconds=time.perf_counter() - started,
        stage_seconds={**dict.fromkeys(("parse", "chunk", "embed", "index"), 0.0), **stages},
    )


def _place(file: SourceFile) -> Place:
    return Place(file.location, file.source)


def _changed(path: Path, content: NewContent) -> ParseError | None:
    """Why what was read may not be what was hashed."""
    try:
        now = identity.content_hash(path)
    except ParseError as error:
        return error
    if now == content.content_hash:
        return None
    return ParseError(f"{path.name} changed while it was read.", hint="Ingest it again when nothing writes to it.")


@contextmanager
def _ahead(results: Iterator[Result]) -> Iterator[Iterator[Result]]:
    """Pull results in a thread from now on, so that parsing goes on whatever else is done."""
    waiting: queue.Queue[Result | Exception | None] = queue.Queue(_AHEAD)
    abandoned = threading.Event()

    def hand_over(item: Result | Exception | None) -> None:
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

    def consume() -> Iterator[Result]:
        while (result := waiting.get()) is not None:
            if isinstance(result, Exception):
                raise result
            yield result

    threading.Thread(target=pull, daemon=True).start()
    try:
        yield consume()
    finally:
        abandoned.set()
