"""A recursive splitter as published tables use it, to check that the measures here are theirs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

SEPARATORS = ("\n\n", "\n", ".", "?", "!", " ")

Count = Callable[[str], int]


def recursive(text: str, size: int, overlap: int, count: Count, separators: Sequence[str] = SEPARATORS) -> list[str]:
    """Pieces of at most `size` tokens: split at the first separator there is, joined while they fit.

    A piece begins with up to `overlap` tokens of the one before it. A part that is too long is split at the next
    separators; what has none stays as it is.
    """
    here = next((at for at, separator in enumerate(separators) if separator in text), None)
    if here is None:
        return [text]
    pieces: list[str] = []
    short: list[str] = []
    for part in filter(None, re.split(f"(?={re.escape(separators[here])})", text)):
        if count(part) < size:
            short.append(part)
            continue
        pieces += _merged(short, size, overlap, count)
        short = []
        pieces += recursive(part, size, overlap, count, separators[here + 1 :])
    return [*pieces, *_merged(short, size, overlap, count)]


def _merged(parts: Sequence[str], size: int, overlap: int, count: Count) -> Iterator[str]:
    held: list[tuple[str, int]] = []
    total = 0
    for part in parts:
        length = count(part)
        if total + length > size and held:
            yield "".join(text for text, _ in held).strip()
            while held and (total > overlap or total + length > size):
                total -= held.pop(0)[1]
        held.append((part, length))
        total += length
    if last := "".join(text for text, _ in held).strip():
        yield last
