"""What the page needs from the application behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agents.events import Event
from configs.errors import AppError
from retrieval.errors import UnknownKnowledgeBase
from retrieval.types import Chunk, Document, FileOutcome, IngestReport


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """Whether questions can be answered yet; `message` says what is being prepared, `error` why it failed."""

    ready: bool
    message: str = ""
    error: AppError | None = None


@dataclass(frozen=True, kw_only=True)
class DocumentRow:
    """One line of the document list. `pages` is 0 for formats without pages."""

    name: str
    pages: int
    chunks: int
    status: str


@dataclass(frozen=True, kw_only=True)
class Watch:
    """How an ingest is followed and ended, called from its thread.

    `outcome` gets what became of each source, how many are done, and of how many; `page` a source and the pages of it
    that are read, and of how many.
    """

    outcome: Callable[[FileOutcome, int, int], None]
    page: Callable[[str, int, int], None]
    cancel: threading.Event


class Chat(Protocol):
    """A conversation with the table."""

    def ask(self, text: str) -> Iterator[Event]:
        """The events of one run, as they happen."""
        ...

    def stop(self) -> None:
        """End the run under way soon; its last event is still delivered."""
        ...

    def answer(
        self, approval_id: str, *, approved: bool, code_sha256: str, code: str | None = None, reason: str = ""
    ) -> None:
        """Decide, once, about code that waits; `code_sha256` is the hash of what was shown, `code` runs instead of it.

        Raises ConversationError for an approval that does not wait, or waits for other code.
        """
        ...

    def close(self) -> None:
        """End what runs, and what code left running; may take a moment."""
        ...


class Backend(Protocol):
    """The application; every method but `readiness` waits until it is ready, and raises AppError if it never is."""

    def readiness(self) -> Readiness:
        """Where the preparation stands; returns at once."""
        ...

    def knowledge_bases(self) -> list[str]:
        """Names of the knowledge bases, the one to open first in front."""
        ...

    def documents(self, kb: str, limit: int) -> tuple[list[DocumentRow], int]:
        """The first `limit` documents of a knowledge base and how many there are in all."""
        ...

    def ingest(self, kb: str, paths: Sequence[Path], watch: Watch) -> IngestReport:
        """Read documents into a knowledge base."""
        ...

    def document(self, kb: str, document_id: str) -> Document:
        """A document by its id. Raises UnknownDocument."""
        ...

    def chunks(self, kb: str, document_id: str) -> Sequence[Chunk]:
        """The chunks of a document in reading order."""
        ...

    def original(self, kb: str, document: Document) -> AbstractContextManager[Path]:
        """The file a document was made from, as it was then, while the block lasts.

        Raises SourceError when it is gone or has changed.
        """
        ...

    def teams(self) -> list[str]:
        """Names of the teams, the configured one in front."""
        ...

    def new_conversation(self, kb: str, team: str | None = None) -> Chat:
        """Begin a conversation about a knowledge base, with the configured team if none is named.

        Raises UnknownTeam for one that `teams` does not name.
        """
        ...


def first_kb(backend: Backend) -> str:
    """The knowledge base to open first. Raises UnknownKnowledgeBase when there is none."""
    names = backend.knowledge_bases()
    if not names:
        hint = "Make one with `python main.py ingest PATH`."
        raise UnknownKnowledgeBase("There is no knowledge base yet.", hint=hint)
    return names[0]
