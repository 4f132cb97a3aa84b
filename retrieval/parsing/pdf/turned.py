"""Words that stand on their side: stamps in the margin, axis labels, narrow column heads."""

from __future__ import annotations

from collections.abc import Iterable

from retrieval.parsing.pdf.lines import Line
from retrieval.parsing.pdf.page import Word

_LEADING = 2.0
"""Lines of one paragraph stand at most this many times their thickness apart."""


def turned_paragraphs(words: Iterable[Word]) -> list[list[Line]]:
    """Words read upwards or downwards as paragraphs."""
    paragraphs: list[list[Line]] = []
    for line in turned_lines(words):
        last = paragraphs[-1][-1] if paragraphs else None
        if last and abs(line.area.centre - last.area.centre) <= _LEADING * line.area.width:
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
    return paragraphs


def turned_lines(words: Iterable[Word]) -> list[Line]:
    """Words read upwards or downwards as lines, in the order in which they are read."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda word: word.turn * word.centre):
        if lines and lines[-1][0].turn == word.turn and abs(lines[-1][0].centre - word.centre) < 0.5 * word.width:
            lines[-1].append(word)
        else:
            lines.append([word])
    return [Line(tuple(sorted(line, key=lambda word: -word.turn * word.middle))) for line in lines]
