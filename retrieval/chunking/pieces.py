"""A part of a document on its way to becoming a chunk."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, groupby

from docling_core.types.doc import CodeItem, DocItem, TableItem

from retrieval.chunking.places import narrowed

GAP = "\n\n"
"""Between the texts of two items."""

Path = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Text under its headings (`path`, outermost first, headed by the document's title) and the items it is from.

    `leaf` is the slide or sheet that the piece must not leave. `searched` is what is embedded instead of the text.
    """

    text: str
    path: Path
    items: tuple[DocItem, ...]
    leaf: int | None = None
    searched: str | None = None

    @property
    def place(self) -> tuple[Path, int | None]:
        """Pieces of one place may share a chunk."""
        return self.path, self.leaf

    @property
    def prose(self) -> bool:
        """Whether this is running text, which may be cut between any two sentences."""
        return bool(self.text) and not any(isinstance(item, TableItem | CodeItem) for item in self.items)

    @property
    def pages(self) -> tuple[int, ...]:
        """The pages it stands on, in order; none in formats without pages."""
        return tuple(sorted({place.page_no for item in self.items for place in item.prov}))

    def part(self, start: int, end: int) -> Piece:
        """The characters from `start` to `end`."""
        return self.with_text(self.text[start:end], near=start)

    def with_text(self, text: str, near: int = 0) -> Piece:
        """A part of it, at or after the character `near`, with only those items and places that hold it.

        The boxes of slides are left as they are: text need not fill them.
        """
        return replace(self, text=text, items=self.items if self.leaf else narrowed(self.items, text, near))


@dataclass(frozen=True)
class Run:
    """Running text of one place, as if it were one."""

    pieces: tuple[Piece, ...]

    @cached_property
    def text(self) -> str:
        """All of it."""
        return GAP.join(piece.text for piece in self.pieces)

    def part(self, start: int, end: int) -> Piece:
        """The characters from `start` to `end`, which are no mere gap."""
        inside = range(bisect_right(self._starts, start) - 1, bisect_left(self._starts, end))
        parts = (self.pieces[at].part(max(start - self._starts[at], 0), end - self._starts[at]) for at in inside)
        return joined([part for part in parts if part.text])

    @cached_property
    def _starts(self) -> list[int]:
        lengths = (len(piece.text) + len(GAP) for piece in self.pieces[:-1])
        return list(accumulate(lengths, initial=0))


def joined(pieces: Sequence[Piece]) -> Piece:
    """Neighbours of one place as one piece."""
    text = GAP.join(piece.text for piece in pieces if piece.text)
    return replace(pieces[0], text=text, items=tuple(item for piece in pieces for item in piece.items))


def runs(pieces: Iterable[Piece]) -> Iterator[Run | Piece]:
    """Neighbouring running text of each place as one; tables, code and lone headings by themselves."""
    for (prose, _), group in groupby(pieces, key=lambda piece: (piece.prose, piece.place)):
        if prose:
            yield Run(tuple(group))
        else:
            yield from group
