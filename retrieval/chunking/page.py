"""One chunk per page, slide or sheet; per section in formats without pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce
from itertools import takewhile

from retrieval.chunking.hierarchical import hierarchical
from retrieval.chunking.hybrid import packed
from retrieval.chunking.pieces import GAP, Path, Piece
from retrieval.chunking.ruler import Ruler


def page(passages: Sequence[Piece], ruler: Ruler) -> Iterator[Piece]:
    """Pages cut between items where they are too long; what goes on over the page belongs to where it begins."""

    def together(one: Piece, other: Piece) -> bool:
        return one.pages[:1] == other.pages[:1] and bool(one.pages or one.place == other.place)

    return packed(hierarchical(passages, ruler), ruler, together=together, join=_with_headings)


def _with_headings(pieces: Sequence[Piece]) -> Piece:
    """Pieces under the headings they share, with the others in the text where they begin."""
    shared = above = reduce(_shared, (piece.path for piece in pieces))
    texts: list[str] = []
    for piece in pieces:
        texts += piece.path[len(_shared(above, piece.path)) :]
        texts += [piece.text] if piece.text else []
        above = piece.path
    items = tuple(item for piece in pieces for item in piece.items)
    return replace(pieces[0], text=GAP.join(texts), path=shared, items=items)


def _shared(one: Path, other: Path) -> Path:
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return tuple(heading for heading, _ in pairs)
