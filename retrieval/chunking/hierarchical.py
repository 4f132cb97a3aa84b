"""One chunk per item of the document: a paragraph, a list, a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from retrieval.chunking.pieces import Piece
from retrieval.chunking.ruler import Ruler


def hierarchical(passages: Sequence[Piece], ruler: Ruler) -> Iterator[Piece]:
    """The items as they are, cut only where they do not fit."""
    for passage in passages:
        yield from ruler.fitting(passage)
