"""Finds where a chunk's text stands in the source it was made from, though markup and blanks have changed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

Range = tuple[int, int]

_WORD = re.compile(r"\w+")
_GRAM = 4
"""Words in a row that show where a passage is."""
_GAP = 3
"""Words missing in the middle of a passage that still belong to it."""


class Source:
    """A text in which chunks are found in the order they were cut."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._spans = [match.span() for match in _WORD.finditer(text)]
        self._words = [text[start:end].lower() for start, end in self._spans]
        self._positions: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for at in range(len(self._words)):
            for size in range(1, _GRAM + 1):
                self._positions[tuple(self._words[at : at + size])].append(at)
        self._last = 0

    def find(self, passage: str) -> list[Range]:
        """The character ranges of `passage`, in order."""
        places = sorted(set(self._align([word.lower() for word in _WORD.findall(passage)])))
        runs: list[list[int]] = []
        for place in places:
            if runs and place - runs[-1][1] <= _GAP:
                runs[-1][1] = place
            else:
                runs.append([place, place])
        return [self._range(first, last) for first, last in runs]

    def _align(self, words: list[str]) -> Iterator[int]:
        """The numbers of the source's words that are those of the passage."""
        before, at = self._last, -1
        for number, word in enumerate(words):
            if at >= 0 and at + 1 < len(self._words) and self._words[at + 1] == word:
                at += 1
            else:
                known = self._positions.get(tuple(words[number : number + _GRAM]))
                if not known:
                    at = -1
                    continue
                at = min(known, key=lambda place: abs(place - before))
            before = max(before, at)
            yield at
        self._last = before

    def _range(self, first: int, last: int) -> Range:
        """From word to word, with the marks that touch them."""
        start, end = self._spans[first][0], self._spans[last][1]
        while start and not (self._text[start - 1].isspace() or self._text[start - 1].isalnum()):
            start -= 1
        while end < len(self._text) and not (self._text[end].isspace() or self._text[end].isalnum()):
            end += 1
        return start, end
