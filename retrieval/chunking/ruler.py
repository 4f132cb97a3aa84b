"""Measures pieces as the embedder will read them, and cuts those that are too long."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate

from docling_core.types.doc import TableItem

from retrieval.chunking.cutting import cut
from retrieval.chunking.embedder_tokens import EmbedderTokens
from retrieval.chunking.pieces import Path, Piece
from retrieval.chunking.tables import cut_table
from retrieval.errors import ParseError

CONTEXT_SHARE = 3
"""Title and headings take at most one third of a chunk; longer ones are shortened for the embedder."""
_MUCH = 16
"""Letters per token of so long a text that its beginning is measured first."""
_FENCE = "```"


@dataclass(frozen=True)
class Ruler:
    """Lengths in the tokens of one embedder; `max_tokens` counts everything it is given."""

    tokens: EmbedderTokens
    max_tokens: int

    def less(self, tokens: int) -> Ruler:
        """The same for shorter pieces."""
        return Ruler(self.tokens, self.max_tokens - tokens)

    def embedded(self, piece: Piece) -> str:
        """What the embedder reads: headings and text, one below the other."""
        headings = self._shortened(piece.path, (self.max_tokens - self.tokens.special) // CONTEXT_SHARE)
        text = piece.text if piece.searched is None else piece.searched
        return "\n".join([*headings, text] if text else headings)

    def size(self, piece: Piece) -> int:
        """Tokens of all the embedder reads."""
        return self.tokens.count(self.embedded(piece)) + self.tokens.special

    def fits(self, piece: Piece) -> bool:
        """Whether the embedder reads all of it."""
        longest = self.max_tokens * _MUCH
        start = piece if len(piece.text) <= longest else replace(piece, text=piece.text[:longest])
        return self.size(start) <= self.max_tokens and (start is piece or self.size(piece) <= self.max_tokens)

    def fitting(self, piece: Piece) -> list[Piece]:
        """`piece`, cut by its own rules if it is too long, or anywhere if those give no piece that fits."""
        if self.fits(piece):
            return [piece]
        for segment in (self._segment, self._anywhere):
            limit = self.room(piece)
            while limit > 0:
                texts = [text.strip("\n") for text in segment(piece, limit)]
                starts = accumulate(map(len, texts), initial=0)
                pieces = [piece.with_text(text, near) for text, near in zip(texts, starts, strict=False)]
                excess = max(map(self.size, pieces), default=0) - self.max_tokens
                if excess <= 0:
                    return pieces
                limit -= excess
        raise ParseError(f"A passage cannot be cut to {self.max_tokens} tokens.", hint="Raise chunking.max_tokens.")

    def room(self, piece: Piece) -> int:
        """Tokens left for text under the headings of `piece`."""
        return self.max_tokens - self.size(replace(piece, text="", searched=None))

    def _segment(self, piece: Piece, limit: int) -> list[str]:
        if any(isinstance(item, TableItem) for item in piece.items):
            return cut_table(piece.text, limit, self.tokens) or self._anywhere(piece, limit)
        if piece.text.startswith(_FENCE) and piece.text.endswith(_FENCE):
            return self._code(piece.text, limit)
        return self._anywhere(piece, limit)

    def _anywhere(self, piece: Piece, limit: int) -> list[str]:
        return [piece.text[start:end] for start, end in cut(piece.text, limit, self.tokens.spans)]

    def _code(self, block: str, limit: int) -> list[str]:
        opening, *lines, closing = block.split("\n")
        code = "\n".join(lines)
        room = max(limit - self.tokens.count(f"{opening}\n{closing}"), 1)
        return [f"{opening}\n{code[start:end]}\n{closing}" for start, end in cut(code, room, self.tokens.spans)]

    def _shortened(self, path: Path, budget: int) -> Path:
        """`path` within `budget` tokens: first the middle headings go, then the ends of the others."""
        while len(path) > 2 and self.tokens.count("\n".join(path)) > budget:
            path = (path[0], *path[2:])
        if self.tokens.count("\n".join(path)) <= budget:
            return path
        ends = (cut(heading, max(budget // len(path), 1), self.tokens.spans)[0][1] for heading in path)
        return tuple(heading[:end] for heading, end in zip(path, ends, strict=True))
