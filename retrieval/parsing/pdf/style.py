"""What is usual in a document, against which headings and paragraphs stand out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from retrieval.parsing.pdf.lines import Line

_SAME = 1.2
"""Lines whose heights differ by no more than this factor are in one type size."""


@dataclass(frozen=True)
class Style:
    """Height of the body's letters, distance of its lines, and whether much of it is in bold or italics."""

    size: float
    pitch: float
    mostly_emphasis: bool

    @classmethod
    def of(cls, pages: Iterable[Sequence[Line]]) -> Style:
        """The style of a document, from the lines of its pages, top to bottom."""
        sizes: Counter[float] = Counter()
        pitches: Counter[float] = Counter()
        emphasised = 0.0
        for lines in pages:
            for line in lines:
                sizes[_quarters(line.size)] += len(line.text)
                emphasised += line.emphasis * len(line.text)
            pitches.update(
                _quarters(b.area.bottom - a.area.bottom) for a, b in pairwise(lines) if alike(a.size, b.size)
            )
        size = sizes.most_common(1)[0][0]
        usual = [pitch for pitch, _ in pitches.most_common() if 0.7 * size < pitch < 2 * size]
        return cls(size, usual[0] if usual else 1.3 * size, emphasised > 0.4 * sizes.total())


def alike(one: float, other: float) -> bool:
    """Whether two heights are those of one type size."""
    return max(one, other) <= _SAME * min(one, other)


def _quarters(points: float) -> float:
    return round(points * 4) / 4
