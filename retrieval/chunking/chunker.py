"""Cuts a document by the strategy of the settings, counted in the embedder's own tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from docling_core.types.doc import DoclingDocument

from configs.errors import ConfigError
from configs.settings import ChunkingSettings, ChunkingStrategy
from retrieval.chunking.drafts import drafts
from retrieval.chunking.embedder_tokens import EmbedderTokens
from retrieval.chunking.fixed import fixed
from retrieval.chunking.hierarchical import hierarchical
from retrieval.chunking.hybrid import hybrid
from retrieval.chunking.overlap import overlapped
from retrieval.chunking.page import page
from retrieval.chunking.passages import passages
from retrieval.chunking.pieces import Piece
from retrieval.chunking.ruler import Ruler
from retrieval.chunking.sentence_window import sentence_window
from retrieval.types import ChunkDraft

Strategy = Callable[[Sequence[Piece], Ruler], Iterator[Piece]]

_STRATEGIES: dict[ChunkingStrategy, Strategy] = {
    "hybrid": hybrid,
    "hierarchical": hierarchical,
    "sentence-window": sentence_window,
    "fixed": fixed,
    "page": page,
}
_OVERLAPPING: tuple[ChunkingStrategy, ...] = ("hybrid", "fixed")


class Chunker:
    """Makes chunks that are embedded in at most `ruler.max_tokens` tokens, special tokens and headings included."""

    def __init__(self, strategy: Strategy, ruler: Ruler, *, overlap: int = 0) -> None:
        self._strategy = strategy
        self._ruler = ruler
        self._overlap = overlap

    def chunks(self, document: DoclingDocument) -> tuple[ChunkDraft, ...]:
        """The chunks in reading order; together they hold every word of the document's body."""
        pieces = self._strategy(list(passages(document)), self._ruler.less(self._overlap))
        if self._overlap:
            pieces = overlapped(pieces, self._ruler, self._overlap)
        return tuple(drafts(pieces, self._ruler, document))


def open_chunker(settings: ChunkingSettings, *, tokenizer: Path, max_tokens: int) -> Chunker:
    """The chunker of `settings` for an embedder that reads `max_tokens` tokens and counts by this `tokenizer.json`.

    Raises ConfigError when the overlap leaves too little room, or the strategy has none.
    """
    limit = min(settings.max_tokens, max_tokens)
    if settings.overlap and settings.strategy not in _OVERLAPPING:
        raise ConfigError(
            f"The chunking strategy {settings.strategy!r} has no overlap (got {settings.overlap}).",
            hint=f"Set chunking.overlap to 0, or chunking.strategy to one of: {', '.join(_OVERLAPPING)}.",
        )
    if settings.overlap >= limit / 2:
        raise ConfigError(
            f"chunking.overlap ({settings.overlap}) must be less than half of a chunk ({limit} tokens).",
            hint=f"Set it to at most {(limit - 1) // 2}.",
        )
    ruler = Ruler(EmbedderTokens(tokenizer), limit)
    return Chunker(_STRATEGIES[settings.strategy], ruler, overlap=settings.overlap)
