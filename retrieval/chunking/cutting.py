"""Where a passage that is too long is cut: between sentences, else between clauses, else between words."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise

from retrieval.sentences import split

Spans = Sequence[tuple[int, int]]
"""Start and end of each token in its text, in characters."""

_BREAKS = (re.compile(r"\n"), re.compile(r"[,;:、，；：]\s*|\)\s|\s[–—]\s"), re.compile(r"\s"))
"""Second-best places for a cut, best first: the end of a line, of a clause, of a word."""
_BEYOND = 40
"""Characters after the window that show whether a sentence really ends in it."""


def cut(text: str, limit: int, spans: Callable[[str], Spans]) -> list[tuple[int, int]]:
    """Start and end of the pieces of `text` in order, none over `limit` tokens; only blanks at the cuts are lost."""
    tokens = spans(text)
    ends, begin, first = [0], 0, 0
    while len(tokens) - first > limit:
        begin = _end(text, begin, max(tokens[first + limit][0], begin + 1))
        ends.append(begin)
        first = bisect_left(tokens, (begin, begin), lo=first)
    found = (stripped(text, start, end) for start, end in pairwise((*ends, len(text))))
    return [(start, end) for start, end in found if start < end]


def stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without the blanks at its ends."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())


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


def last(text: str, limit: int, spans: Callable[[str], Spans]) -> int:
    """Where the last whole sentences of at most `limit` tokens begin, or the last words if no sentence is so short."""
    tokens = spans(text)
    if len(tokens) <= limit:
        return 0
    reach = tokens[-limit][0]
    starts = [sentence.start for sentence in split(text) if sentence.start >= reach]
    return starts[0] if starts else next((match.end() for match in re.finditer(r"\s", text[reach:])), 0) + reach
