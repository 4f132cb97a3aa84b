"""Repeats the end of a piece at the beginning of the next one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from retrieval.chunking.cutting import last
from retrieval.chunking.pieces import GAP, Piece
from retrieval.chunking.ruler import Ruler
from retrieval.language import CJK


def overlapped(pieces: Iterable[Piece], ruler: Ruler, tokens: int) -> Iterator[Piece]:
    """Each piece after the last sentences, at most `tokens`, of the running text before it under the same headings."""
    before: Piece | None = None
    for piece in pieces:
        longer = _after(before, piece, ruler, tokens) if before and before.place == piece.place else None
        yield longer if longer and ruler.fits(longer) else piece
        before = piece


def _after(before: Piece, piece: Piece, ruler: Ruler, tokens: int) -> Piece | None:
    if not (before.prose and piece.prose):
        return None
    tail = before.part(last(before.text, tokens, ruler.tokens.spans), len(before.text))
    same = before.items[-1].self_ref == piece.items[0].self_ref
    gap = GAP if not same else "" if re.match(f"[{CJK}]", tail.text[-1:]) else " "
    return replace(piece, text=tail.text + gap + piece.text, items=(*tail.items, *piece.items))
