"""Where a passage that is too long is cut: between sentences, else between clauses, else between words."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence

from retrieval.sentences import split

Spans = Sequence[tuple[int, int]]
"""Start and end of each token in its text, in characters."""

_BREAKS = (re.compile(r"\n"), re.compile(r"[,;:、，；：]\s*|\)\s|\s[–—]\s"), re.compile(r"\s"))
"""Second-best places for a cut, best first: the end of a line, of a clause, of a word."""
_BEYOND = 40
"""Characters after the window that show whether a sentence really ends in it."""


def cut(text: str, limit: int, spans: Callable[[str], Spans]) -> list[str]:
    """The pieces of `text` in order, none over `limit` tokens; only blanks at the cuts are lost."""
    tokens = spans(text)
    pieces, begin, first = [], 0, 0
    while len(tokens) - first > limit:
        end = _end(text, begin, max(tokens[first + limit][0], begin + 1))
        pieces.append(text[begin:end].strip())
        begin, first = end, bisect_left(tokens, (end, end), lo=first)
    pieces.append(text[begin:].strip())
    return [piece for piece in pieces if piece]


def pack(lines: Sequence[str], sizes: Sequence[int], limit: int) -> list[str]:
    """Join whole lines to as few texts as their sizes allow, each of at most `limit`; a larger line stays alone."""
    packed: list[str] = []
    room = 0
    for line, size in zip(lines, sizes, strict=True):
        if packed and size <= room:
            packed[-1] += line
        else:
            packed.append(line)
            room = limit
        room -= size
    return packed


def _end(text: str, begin: int, reach: int) -> int:
    sentences = [s.start for s in split(text[begin : reach + _BEYOND]) if 0 < s.start <= reach - begin]
    if sentences:
        return begin + sentences[-1]
    middle = (begin + reach) // 2
    for pattern in _BREAKS:
        ends = [match.end() for match in pattern.finditer(text, middle, reach)]
        if ends:
            return ends[-1]
    return reach
