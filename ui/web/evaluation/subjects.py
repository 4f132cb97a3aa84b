"""What is measured: a dataset folder in an index of its own, or a knowledge base with questions of one's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from configs.settings import Settings, StorageSettings
from retrieval.errors import DatasetError
from retrieval.evaluation.corpus import index_folder, write_corpus
from retrieval.evaluation.dataset import Dataset, Record
from retrieval.evaluation.questions import Question
from retrieval.evaluation.run import Searching
from retrieval.types import Document
from ui.web.evaluation.records import Asked, Kind

if TYPE_CHECKING:
    from agents.app import App

_TITLE = 120

Tell = Callable[[int, int], None]
"""Told how many documents of how many are indexed."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """Where to search, which document of a ranking one found is, and what a person calls it."""

    kb: Searching
    identify: Callable[[Document], str]
    title: Callable[[str], str]


class Subject(Protocol):
    """Something to measure strategies on."""

    name: str
    kind: Kind
    asked: tuple[Asked, ...]
    skipped: int

    def opened(self, tell: Tell, cancel: threading.Event) -> AbstractContextManager[Opened]:
        """Make it ready to be searched; what takes long is told, and given up when cancelled."""
        ...


class DatasetSubject:
    """A dataset; its index is kept apart from the knowledge bases and used again by the next run."""

    kind: Kind = "dataset"
    skipped = 0

    def __init__(self, settings: Settings, folder: Path, dataset: Dataset) -> None:
        self._settings, self._folder, self._dataset = settings, folder, dataset
        self.name = dataset.name
        self.asked = tuple(
            Asked(key=query, text=_readable(text), grades=dataset.qrels[query]) for query, text in dataset.queries
        )

    @contextmanager
    def opened(self, tell: Tell, cancel: threading.Event) -> Iterator[Opened]:
        """See `Subject`."""
        from retrieval.library import Library

        home = index_folder(self._settings.home, self._folder)
        alone = self._settings.model_copy(update={"data_dir": home, "storage": StorageSettings()})
        library = Library(alone, exclusive=True, command="evaluation")
        try:
            records = write_corpus(self._dataset.corpus, home / "corpus")
            kb = library.create("corpus")
            kb.ingest([home / "corpus"], progress=lambda _, done, total: tell(done, total), cancel=cancel)
            titles = {record.id: _title(record) for record in self._dataset.corpus}
            yield Opened(
                kb=kb,
                identify=lambda document: records[Path(document.source).name],
                title=lambda identity: titles.get(identity, identity),
            )
        finally:
            library.close()


class QuestionsSubject:
    """A knowledge base and the questions that have a document of it to be found.

    A document counts under its file name and those of its copies. Raises DatasetError when no question is left.
    """

    kind: Kind = "questions"

    def __init__(self, app: App, kb: str, questions: Sequence[Question]) -> None:
        self.name = kb
        self._kb = app.library.open(kb)
        canonical = canonical_names(self._kb.documents())
        asked = []
        for question in questions:
            grades = {canonical[name]: 1.0 for name in question.sources if name in canonical}
            if grades:
                asked.append(Asked(key=question.key, text=question.text, grades=grades, answer=question.answer))
        if not asked:
            raise DatasetError(
                f"No question expects a document that is in the knowledge base {kb}.",
                hint="Write a question and choose the document that answers it.",
            )
        self.asked, self.skipped = tuple(asked), len(questions) - len(asked)

    @contextmanager
    def opened(self, tell: Tell, cancel: threading.Event) -> Iterator[Opened]:  # noqa: ARG002 - nothing takes long here
        """See `Subject`."""
        yield Opened(kb=self._kb, identify=file_name, title=lambda name: name)


def file_name(document: Document) -> str:
    """What a person calls a document."""
    return _readable(Path(document.source).name) or document.id


def canonical_names(documents: Sequence[Document]) -> dict[str, str]:
    """The name a document is found under by every name it has: its own, else that of a copy."""
    copies = {_readable(Path(copy).name): file_name(document) for document in documents for copy in document.copies}
    return {**copies, **{file_name(document): file_name(document) for document in documents}}


def _title(record: Record) -> str:
    text = _readable(" ".join((record.title or record.text).split()))
    return text if len(text) <= _TITLE else f"{text[:_TITLE]}…"


def _readable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
