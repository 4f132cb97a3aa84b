"""What each command does, as data in and the command's JSON document out; printing is left to others.

The reading actions here also run inside the web app on behalf of a command in another process: see `ui.remote`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from agents.app import App
from configs.errors import AppError
from configs.settings import Settings, StorageSettings
from retrieval.errors import SourceError
from retrieval.types import FileOutcome, Hit, IngestReport, SearchResult
from ui import conversation_actions
from ui.terminal import Tell

Result = dict[str, Any]


def search(app: App, *, query: str, kb: str, strategy: str | None, k: int | None, filters: Mapping[str, str]) -> Result:
    """Search one knowledge base."""
    result = app.library.open(kb).search(query, strategy=strategy, k=k, filters=filters)
    return _search_document(result)


def kb_list(app: App) -> Result:
    """All knowledge bases with their sizes."""
    counts = app.library.summary()
    return {"knowledge_bases": [{"kb": name, "documents": d, "chunks": c} for name, (d, c) in counts.items()]}


def kb_show(app: App, *, kb: str) -> Result:
    """The documents of one knowledge base."""
    base = app.library.open(kb)
    counts = base.chunk_counts()
    names = ("id", "source", "copies", "title", "language", "pages", "parser", "media_type", "problems")
    documents = [{**{n: getattr(d, n) for n in names}, "chunks": counts.get(d.id, 0)} for d in base.documents()]
    return {"kb": kb, "documents": documents, "chunks_total": sum(counts.values())}


def kb_verify(app: App, *, kb: str, repair: bool) -> Result:
    """Whether the stores of a knowledge base agree."""
    return (app.library.repair(kb) if repair else app.library.open(kb).verify()).as_dict()


def ingest(  # noqa: PLR0913 - as many options as the command
    app: App,
    *,
    inputs: Sequence[str],
    kb: str,
    tell: Tell,
    password: str | None = None,
    keep_removed: bool = False,
    retry: bool = False,
    cancel: threading.Event | None = None,
) -> tuple[Result, AppError | None]:
    """Sync sources into a knowledge base, made when there is none; with an error when nothing at all could be read."""
    library, new = app.library, kb not in app.library.names()
    watching = _Watching(tell)
    try:
        report = library.create(kb).ingest(
            inputs,
            progress=watching.outcome,
            on_page=watching.page,
            cancel=cancel,
            password=password,
            keep_removed=keep_removed,
            retry=retry,
        )
    finally:
        if new and not library.summary()[kb][0]:
            library.delete(kb)
    return _told(report)


def reparse(
    app: App, *, kb: str, sources: Sequence[str], tell: Tell, password: str | None = None
) -> tuple[Result, AppError | None]:
    """Read documents again: those named, else those that a better parser would read now."""
    from retrieval.parsing.parsers import is_current

    base, watching = app.library.open(kb), _Watching(tell)
    parsing = app.settings.parsing
    outdated = [d.id for d in base.documents() if not is_current(d.parser, d.media_type, parsing)]
    report = base.reparse(sources or outdated, progress=watching.outcome, on_page=watching.page, password=password)
    return _told(report)


def reembed(app: App, *, kb: str, model: str | None, tell: Tell) -> Result:
    """Build the index anew beside the old one and change over."""
    base = app.library.reembed(kb, model, tell=tell)
    documents, chunks = len(base.documents()), sum(base.chunk_counts().values())
    return {"kb": kb, "embedder": base.embedder.fingerprint, "documents": documents, "chunks": chunks}


def kb_export(app: App, *, kb: str, file: Path, tell: Tell) -> Result:
    """Write a knowledge base to one file."""
    return {"kb": kb, "file": str(file), "bytes": app.library.export(kb, file, tell=tell)}


def kb_import(app: App, *, file: Path, kb: str | None, tell: Tell) -> Result:
    """Make a knowledge base of an exported file."""
    base = app.library.import_from(file, kb, tell=tell)
    documents, chunks = app.library.summary()[base.name]
    return {"kb": base.name, "documents": documents, "chunks": chunks}


class _Watching:
    """Turns outcomes and pages into progress."""

    def __init__(self, tell: Tell) -> None:
        self._tell, self._done, self._total = tell, 0, 0

    def outcome(self, outcome: FileOutcome, done: int, total: int) -> None:
        self._done, self._total = done, total
        self._tell(outcome.source, done, total)

    def page(self, source: str, page: int, pages: int) -> None:
        self._tell(f"{source}, page {page} of {pages}", self._done, self._total)


def _told(report: IngestReport) -> tuple[Result, AppError | None]:
    failed = [outcome for outcome in report.documents if outcome.status == "failed"]
    if len(failed) < len(report.documents) or not failed:
        return report.as_dict(), None
    count = f"{len(failed)} files: the first, " if len(failed) > 1 else ""
    return report.as_dict(), SourceError(f"Nothing could be read in {count}{failed[0].source}: {failed[0].error}")


def evaluate(settings: Settings, *, folder: Path, strategies: Sequence[str], tell: Tell) -> Result:
    """Measure strategies over a dataset, whose index is kept apart from the knowledge bases and reused."""
    from retrieval.evaluation.corpus import index_folder, write_corpus
    from retrieval.evaluation.dataset import load_dataset
    from retrieval.evaluation.run import evaluate
    from retrieval.library import Library
    from retrieval.strategy import load_strategy

    for strategy in strategies:
        load_strategy(strategy)
    dataset = load_dataset(folder)
    home = index_folder(settings.home, folder)
    alone = settings.model_copy(update={"data_dir": home, "storage": StorageSettings()})
    library = Library(alone, exclusive=True, command="eval")
    try:
        records = write_corpus(dataset.corpus, home / "corpus")
        kb = library.create("corpus")
        kb.ingest([home / "corpus"], progress=lambda _, done, total: tell("indexing", done, total))
        runs = [evaluate(kb, dataset, name, records=records, progress=partial(tell, name)) for name in strategies]
    finally:
        library.close()
    return {
        "dataset": dataset.name,
        "queries": len(dataset.queries),
        "documents": len(dataset.corpus),
        "runs": [run.as_dict() for run in runs],
    }


READING: dict[str, Callable[..., Result]] = {
    action.__name__: action
    for action in (
        search,
        kb_list,
        kb_show,
        kb_verify,
        conversation_actions.ask,
        conversation_actions.conversations_list,
        conversation_actions.conversations_find,
        conversation_actions.conversations_show,
        conversation_actions.conversations_rename,
        conversation_actions.conversations_export,
        conversation_actions.conversations_delete,
        conversation_actions.conversations_branch,
        conversation_actions.conversations_retry,
        conversation_actions.conversations_compare,
    )
}
"""Actions that change no document, so that a running app can do them for other processes."""


def _search_document(result: SearchResult) -> Result:
    return {
        "query": result.query.text,
        "strategy": result.strategy,
        "hits": [_hit(hit) for hit in result.hits],
        "steps": [step.as_dict() for step in result.steps],
        "ms": round(result.ms, 3),
    }


def _hit(hit: Hit) -> Result:
    return {
        "rank": hit.rank,
        "chunk_id": hit.chunk.id,
        "document_id": hit.document.id,
        "source": hit.document.source,
        "copies": list(hit.document.copies),
        "page": hit.chunk.page,
        "headings": list(hit.chunk.headings),
        "text": hit.chunk.text,
        "scores": {name: round(score, 6) for name, score in hit.scores.items()},
    }
