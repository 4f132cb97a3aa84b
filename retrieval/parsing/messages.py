"""What a parser pool and its workers say to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from configs.settings import ChunkingSettings, ParsingSettings
from retrieval.errors import ParseError, ReaderBroken
from retrieval.parsing.names import shown
from retrieval.types import ChunkDraft, ParsedDocument


@dataclass(frozen=True, kw_only=True)
class Setup:
    """The first message to a worker; requests follow. `share_mb` is its part of the memory of all workers."""

    settings: ParsingSettings
    share_mb: int
    chunking: ChunkingSettings
    tokenizer: Path
    max_tokens: int
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Parse:
    """Read and cut the file at `path`, which is absolute."""

    path: Path

    @property
    def name(self) -> str:
        """What an error calls the document."""
        return shown(self.path.name)


@dataclass(frozen=True)
class Cut:
    """Cut a document again from the structure that was kept of it."""

    document_id: str
    docling_json: str = field(repr=False)

    @property
    def name(self) -> str:
        """What an error calls the document."""
        return f"The document {self.document_id}"


@dataclass(frozen=True)
class PageRead:
    """How far the document at work is; more of them, or the answer, follow."""

    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A worker's reply to one request; after its `last` one it ends itself, to give back memory."""

    outcome: Outcome
    last: bool


@dataclass(frozen=True)
class CannotStart:
    """A worker's only message when it will never read anything, and neither will another."""

    error: ReaderBroken


Outcome = ParsedDocument | tuple[ChunkDraft, ...] | ParseError
Request = Parse | Cut
Reply = PageRead | Answer | CannotStart
