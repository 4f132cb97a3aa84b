"""What is usual in a document, against which headings and paragraphs stand out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from retrieval.parsing.pdf.lines import Line

_SAME = 1.2
"""Lines whose heights differ by no more than this factor are in one type size."""
_DISPLAY = 1.05
"""Display type is at least this much taller than the body's."""
_FEWEST_LETTERS = 500
"""A page with fewer has no style of its own."""
_USUAL_SIZE = 10.0
"""Points, for a document in which no line lies level."""


@dataclass(frozen=True)
class Style:
    """Height of the body's letters, distance of its lines, whether much of it is in bold or italics, its family."""

    size: float
    pitch: float
    mostly_emphasis: bool
    family: str = ""

    @classmethod
    def of(cls, pages: Iterable[Sequence[Line]]) -> Style:
        """The style of a document, from the lines of its pages, top to bottom."""
        sizes: Counter[float] = Counter()
        pitches: Counter[float] = Counter()
        families: Counter[str] = Counter()
        emphasised = 0.0
        for lines in pages:
            for line in lines:
                sizes[_quarters(line.size)] += len(line.text)
                families[line.family] += len(line.text)
                emphasised += line.emphasis * len(line.text)
            pitches.update(
                _quarters(b.area.bottom - a.area.bottom) for a, b in pairwise(lines) if alike(a.size, b.size)
            )
        if not sizes:
            return cls(_USUAL_SIZE, 1.3 * _USUAL_SIZE, mostly_emphasis=False)
        size = sizes.most_common(1)[0][0]
        usual = [pitch for pitch, _ in pitches.most_common() if 0.7 * size < pitch < 2 * size]
        pitch = usual[0] if usual else 1.3 * size
        return cls(size, pitch, emphasised > 0.4 * sizes.total(), families.most_common(1)[0][0])

    def on_page(self, lines: Sequence[Line]) -> Style:
        """The page's own style where its body is in smaller type than the document's, as in an inserted leaflet."""
        if sum(len(line.text) for line in lines) < _FEWEST_LETTERS:
            return self
        own = Style.of([lines])
        return self if own.size > self.size or alike(own.size, self.size) else own

    def is_display(self, line: Line) -> bool:
        """Whether a line is set throughout in a family of its own and larger than the body, as headings are."""
        return line.size > _DISPLAY * self.size and all(word.family not in ("", self.family) for word in line.words)


def alike(one: float, other: float) -> bool:
    """Whether two heights are those of one type size."""
    return max(one, other) <= _SAME * min(one, other)


def _quarters(points: float) -> float:
    return round(points * 4) / 4
