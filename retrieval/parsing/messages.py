"""What a parser pool and its workers say to each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from configs.settings import ParsingSettings
from retrieval.errors import ParseError
from retrieval.types import ParsedDocument


@dataclass(frozen=True, kw_only=True)
class Setup:
    """The first message to a worker; paths of documents follow."""

    settings: ParsingSettings
    tokenizer: Path
    max_tokens: int


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A worker's reply to one path; after its `last` one it ends itself, to give back memory."""

    outcome: ParsedDocument | ParseError
    last: bool
