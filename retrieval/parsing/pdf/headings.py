"""Which heading is the document's title, and how deep the others are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from retrieval.parsing.pdf.blocks import Block

_DEEPEST = 6
_ALIKE = 1.06
"""Type sizes that differ by no more than this factor are one size."""


@dataclass(frozen=True)
class Outline:
    """The type sizes of a document's headings, largest first, and its title if it has one."""

    sizes: tuple[float, ...]
    title: Block | None

    @classmethod
    def of(cls, blocks: Iterable[Block]) -> Outline:
        """The title is the one heading larger than all others, if it stands on the first page with a heading."""
        headings = [block for block in blocks if block.kind == "heading"]
        sizes: list[float] = []
        for size in sorted((heading.size for heading in headings), reverse=True):
            if not sizes or sizes[-1] > _ALIKE * size:
                sizes.append(size)
        largest = [heading for heading in headings if heading.size * _ALIKE >= sizes[0]]
        stands_out = len(largest) == 1 and largest[0].page == headings[0].page and largest[0].section is None
        title = largest[0] if stands_out else None
        return cls(tuple(sizes[1:] if title else sizes), title)

    def level(self, heading: Block) -> int:
        """0 for the title, else 1 for the outermost: by its number (`2.1` is 2 deep), or by its size."""
        if heading is self.title:
            return 0
        if heading.section:
            return min(heading.section.count(".") + 1, _DEEPEST)
        smaller = [i for i, size in enumerate(self.sizes) if heading.size * _ALIKE >= size]
        return min(smaller[0] + 1 if smaller else len(self.sizes), _DEEPEST)
