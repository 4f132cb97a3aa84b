"""The seams of the table: a language model, a sandbox and a place where conversations are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from agents.events import Event
from retrieval.tables import Table
from retrieval.types import Chunk, Document, SearchResult

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
    """A whole reply. `text` may be empty only when there are tool calls."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    model: str = ""


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
    """What a conversation is about; `created_at` in seconds since 1970."""

    id: str
    title: str = ""
    kb: str
    team: str
    strategy: str
    created_at: float = 0.0


class ConversationStore(Protocol):
    """Keeps conversations: an append-only list of events each."""

    def create(self, conversation_id: str, *, title: str, kb: str, team: str, strategy: str) -> None:
        """Begin a conversation."""
        ...

    def append(self, event: Event) -> None:
        """Make one event durable; it is shown only afterwards."""
        ...

    def events(self, conversation_id: str) -> Iterator[Event]:
        """All events of a conversation in order. Raises ConversationError when there is none."""
        ...

    def info(self, conversation_id: str) -> ConversationInfo:
        """What a conversation was begun with. Raises ConversationError when there is none."""
        ...
