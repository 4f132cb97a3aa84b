"""The seams of the table: a language model, a sandbox and a place where conversations are kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from agents.events import Event
from retrieval.tables import Table
from retrieval.types import Chunk, Document, Passage, SearchResult

if TYPE_CHECKING:
    from retrieval.ports import Embedder

RunStatus = Literal["ok", "error", "timeout", "killed", "refused"]
Isolation = Literal["full", "reduced", "none"]
Language = Literal["python", "sh"]


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """A call the model wrote; `arguments` is its JSON text, unparsed and untrusted."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, kw_only=True)
class ModelRequest:
    """Messages and tool schemas as the OpenAI chat API has them."""

    agent: str
    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, kw_only=True)
class ModelReply:
    """A whole reply. `text` may be empty only when there are tool calls.

    `cost` in US dollars, 0 where the price is unknown; `attempts` HTTP requests were made for it; `cut` says that the
    text ends where the tokens did.
    """

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    model: str = ""
    attempts: int = 1
    cut: bool = False


class KnowledgeBase(Protocol):
    """The documents agents talk about, as far as agents need them; `retrieval.knowledge_base.KnowledgeBase` is one."""

    @property
    def name(self) -> str:
        """Its name in the library."""
        ...

    @property
    def embedder(self) -> Embedder:
        """What its passages were embedded with."""
        ...

    def search(
        self,
        text: str,
        *,
        strategy: str | None = None,
        k: int | None = None,
        filters: Mapping[str, str] | None = None,
    ) -> SearchResult:
        """The passages for `text`, best first. Raises a RetrievalError or ConfigError."""
        ...

    def documents(self) -> Sequence[Document]:
        """Every document."""
        ...

    def document(self, reference: str) -> Document:
        """One document by id, source path or file name. Raises UnknownDocument."""
        ...

    def chunks(self, document_id: str) -> Sequence[Chunk]:
        """Its chunks in reading order."""
        ...

    def tables(self, document_id: str) -> Sequence[Table]:
        """Its tables in reading order. Raises UnknownDocument."""
        ...

    def original(self, document: Document) -> AbstractContextManager[Path]:
        """Its file, unchanged since it was read. Raises SourceError when it is gone or has changed."""
        ...


class StopSignal(Protocol):
    """Whether the user has asked the run to stop; `threading.Event` is one."""

    def is_set(self) -> bool:
        """True once the run must end."""
        ...


class LanguageModel(Protocol):
    """Answers one request, handing out text as it arrives."""

    @property
    def converses(self) -> bool:
        """Whether it reads what it is asked; one that only quotes documents does not."""
        return True

    @property
    def parameters(self) -> Mapping[str, Any]:
        """`provider`, `model` and the sampling parameters it is asked with, for the trace."""
        return {}

    def context_tokens(self) -> int:
        """How many tokens it reads, request and reply together; may ask the endpoint once. Never raises."""
        return 8192

    def complete(self, request: ModelRequest, *, on_token: Callable[[str], None], stop: StopSignal) -> ModelReply:
        """The whole reply. Raises a ModelError for every failure, RunStopped when `stop` is set meanwhile."""
        ...


@dataclass(frozen=True, kw_only=True)
class CodeResult:
    """What running code came to.

    `artifacts` are the files and pictures it made, as `{name, media_type, bytes, path}`: `path` is a copy on the host,
    its name made safe. `state_lost` says that the variables and files of the session are gone, or for a run that is
    the first after they went, were gone when it began.
    """

    backend: str
    isolation: Isolation
    status: RunStatus
    exit_code: int | None
    stdout: str
    stderr: str
    ms: float
    artifacts: tuple[Mapping[str, Any], ...] = ()
    state_lost: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The result as it stands in JSON."""
        return {**self.__dict__, "artifacts": [dict(a) for a in self.artifacts], "ms": round(self.ms, 1)}


class Session(Protocol):
    """Variables, imports and files that live on from one run to the next, behind one wall. Thread-safe."""

    def run(
        self,
        code: str,
        *,
        language: Language = "python",
        timeout_s: float | None = None,
        stop: StopSignal | None = None,
    ) -> CodeResult:
        """Run one cell, after those that are under way. A failure is a status, never an exception."""
        ...

    def put(self, name: str, content: bytes) -> str:
        """Lay a read-only copy of a file before the code, now and after a restart; returns its path for the code.

        Raises SandboxFileRefused for a name that is not a plain file name and for too much content.
        """
        ...

    def close(self) -> None:
        """End everything inside. A run that comes later is refused."""
        ...


class Sandbox(Protocol):
    """Runs code that must not be able to hurt anyone."""

    @property
    def name(self) -> str:
        """The backend: bubblewrap, docker, landlock, unsandboxed, none."""
        ...

    @property
    def isolation(self) -> Isolation:
        """How much stands between the code and this machine."""
        ...

    def run(
        self, code: str, *, timeout_s: float | None = None, stop: StopSignal | None = None, keep: Path | None = None
    ) -> CodeResult:
        """Run a Python program alone and leave no process behind. A failure is a status, never an exception.

        The files it made are copied into the folder `keep`; without one they are lost.
        """
        ...

    def session(self, *, keep: Path | None = None) -> Session:
        """Begin a session whose artifacts are copied into `keep`; it starts when it is first needed."""
        ...

    def warm_up(self) -> None:
        """Start now what sessions will be given, and keep it ready from now on; returns at once."""
        ...

    def close(self) -> None:
        """End every session and whatever is kept warm."""
        ...


@dataclass(frozen=True, kw_only=True)
class ConversationInfo:
    """What a conversation is about; `created_at` in seconds since 1970.

    `model` names one of the settings' models, empty for the default; `owner` is the user it belongs to, empty where
    there is only one; `parent` is the conversation it was branched from.
    """

    id: str
    title: str = ""
    kb: str
    team: str
    strategy: str
    created_at: float = 0.0
    model: str = ""
    owner: str = ""
    parent: str = ""


class Ledger(Protocol):
    """The numbers that the passages of one conversation were given; they never change."""

    @property
    def last(self) -> int:
        """The greatest number given so far; 0 before the first."""
        ...

    def of_chunks(self, chunk_ids: Collection[str]) -> Sequence[Passage]:
        """The passages of those chunks that have a number, in the order of their numbers."""
        ...

    def of_markers(self, markers: Collection[int]) -> Sequence[Passage]:
        """The passages of those numbers that were given, in their order."""
        ...


class ConversationStore(Protocol):
    """Keeps conversations: an append-only list of events each. Raises ConversationError where there is none."""

    def create(self, info: ConversationInfo) -> None:
        """Begin a conversation; one that is there stays as it is."""
        ...

    def append(self, event: Event) -> None:
        """Make one event durable; it is shown only afterwards."""
        ...

    def events(self, conversation_id: str) -> Iterator[Event]:
        """All events of a conversation in order."""
        ...

    def info(self, conversation_id: str) -> ConversationInfo:
        """What a conversation was begun with."""
        ...

    def last(self, conversation_id: str) -> int:
        """The number of its last event; 0 before the first."""
        ...

    def ledger(self, conversation_id: str) -> Ledger:
        """The numbers its passages have, as far as its events say; also of one that has not begun."""
        ...
