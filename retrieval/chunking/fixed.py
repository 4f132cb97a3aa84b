"""As many words as fit, cut between sentences where that is possible, wherever paragraphs end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from retrieval.chunking.cutting import cut
from retrieval.chunking.pieces import Piece, Run, runs
from retrieval.chunking.ruler import Ruler


def fixed(passages: Sequence[Piece], ruler: Ruler) -> Iterator[Piece]:
    """Pieces of nearly equal length; headings, slides, tables and code still begin one."""
    for found in runs(passages):
        if isinstance(found, Run):
            room = ruler.room(found.pieces[0])
            for start, end in cut(found.text, room, ruler.tokens.spans):
                yield from ruler.fitting(found.part(start, end))
        else:
            yield from ruler.fitting(found)
