"""Whole items joined as long as they fit: what stands together under the same headings is found together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from retrieval.chunking.hierarchical import hierarchical
from retrieval.chunking.pieces import Piece, joined
from retrieval.chunking.ruler import Ruler


def hybrid(passages: Sequence[Piece], ruler: Ruler) -> Iterator[Piece]:
    """Items that fit, neighbours of one place joined; a slide or a sheet keeps to itself."""
    return packed(hierarchical(passages, ruler), ruler, together=lambda one, other: one.place == other.place)


def packed(
    pieces: Iterable[Piece],
    ruler: Ruler,
    *,
    together: Callable[[Piece, Piece], bool],
    join: Callable[[Sequence[Piece]], Piece] = joined,
) -> Iterator[Piece]:
    """Neighbours that belong `together` joined to as few pieces as fit."""
    held: list[Piece] = []
    filled = 0
    for piece in pieces:
        tokens = ruler.size(piece) - ruler.max_tokens + ruler.room(piece)
        may_fit = held and filled + tokens <= ruler.max_tokens and together(held[-1], piece)
        if held and not (may_fit and ruler.fits(join([*held, piece]))):
            yield join(held)
            held, filled = [], 0
        held.append(piece)
        filled += tokens
    if held:
        yield join(held)
