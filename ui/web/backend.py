"""What the page needs from the application behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agents.events import Event
from agents.ports import ConversationInfo
from configs.errors import AppError
from retrieval.errors import UnknownKnowledgeBase
from retrieval.types import Chunk, Document


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """Whether questions can be answered yet; `message` says what is being prepared, `error` why it failed.

    `model` is the name of the model that answers, empty where answers are quotes, None where nobody knows.
    """

    ready: bool
    model: str | None = None
    message: str = ""
    error: AppError | None = None


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a new conversation shall be about and who answers; what is not given is as configured."""

    kb: str | None = None
    team: str | None = None
    strategy: str | None = None
    model: str | None = None


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What may be wished for, the configured one in front; `models` are named ones beside the default."""

    kbs: Sequence[str]
    teams: Sequence[str]
    strategies: Sequence[str]
    models: Sequence[str]


class NotReady(AppError):
    """The application is still being prepared."""


class Chat(Protocol):
    """A conversation with the table."""

    @property
    def info(self) -> ConversationInfo:
        """What it is about."""
        ...

    def events(self) -> Sequence[Event]:
        """Everything that has happened, in order."""
        ...

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


class Conversations(Protocol):
    """The conversations of an owner; each raises ConversationError for one of somebody else, as for none.

    Every method but `prepare` raises NotReady as long as the application is not.
    """

    def prepare(self) -> None:
        """Wait until the application is ready. Raises AppError if it never is."""
        ...

    def choices(self) -> Choices:
        """What a new conversation can be about."""
        ...

    def new_conversation(self, wish: Wish, *, owner: str, conversation_id: str) -> Chat:
        """Begin a conversation under an id of the caller's choice. Raises AppError for a wish that nobody offers."""
        ...

    def conversation(self, conversation_id: str, owner: str) -> Chat:
        """One that was begun, running or not."""
        ...

    def conversations(self, owner: str, containing: str = "") -> Sequence[ConversationInfo]:
        """Those whose title, questions or answers hold a text, latest first."""
        ...

    def branch(self, conversation_id: str, owner: str, *, through: int) -> Chat:
        """A new one that begins as another did, up to its event of that number."""
        ...

    def retry(self, conversation_id: str, owner: str, wish: Wish) -> tuple[Chat, str]:
        """A branch before the last question, and that question, to be asked again as wished."""
        ...

    def rename(self, conversation_id: str, owner: str, title: str) -> None:
        """Give it another title."""
        ...

    def delete(self, conversation_id: str, owner: str) -> None:
        """Remove it for good."""
        ...


class Backend(Conversations, Protocol):
    """The application; every method but `prepare` and `readiness` raises NotReady until it is ready."""

    def readiness(self) -> Readiness:
        """Where the preparation stands; returns at once."""
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


def first_kb(names: Sequence[str]) -> str:
    """The knowledge base to open first. Raises UnknownKnowledgeBase when there is none."""
    if not names:
        hint = "Make one in the library, or with `python main.py ingest PATH`."
        raise UnknownKnowledgeBase("There is no knowledge base yet.", hint=hint)
    return names[0]
