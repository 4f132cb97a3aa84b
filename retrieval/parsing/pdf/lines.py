"""Words to lines: which words stand side by side, and how their texts join."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import groupby, pairwise
from statistics import median_high, mode

from retrieval.language import CJK
from retrieval.parsing.pdf.page import Area, Word, around

GAP = 0.8
"""Words further apart than this share of their height do not belong to one phrase."""
_TOUCHING = 0.12
"""Words in two kinds of type this close make one; the same kind is only divided where there is a blank."""
_BLANK = 0.02
_SMALLER = 1.2
_INITIAL = 2.2
"""Letters this many times as tall as others stand over several lines of them."""
_CJK = re.compile(f"[{CJK}]")
_MARK = re.compile(r"[\d*†‡§,()]+")
_LEADER = re.compile(r"(?:\s?[.·…_]){5,}")
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]$")


@dataclass(frozen=True)
class Line:
    """Words side by side, left to right as they stand on the page."""

    words: tuple[Word, ...]

    @cached_property
    def area(self) -> Area:
        """The rectangle around the words."""
        return around(self.words)

    @cached_property
    def size(self) -> float:
        """The height most of the letters have."""
        return median_high([word.height for word in self.words for _ in word.text])

    @cached_property
    def emphasis(self) -> float:
        """Share of letters in bold or italics."""
        return sum(len(word.text) for word in self.words if word.emphasis) / sum(len(word.text) for word in self.words)

    @cached_property
    def mono(self) -> bool:
        """Whether it is all in one letter width, as code is."""
        return all(word.mono for word in self.words)

    @cached_property
    def family(self) -> str:
        """The family of type most of its letters are from."""
        return mode(word.family for word in self.words for _ in word.text)

    @cached_property
    def text(self) -> str:
        """The words in reading order; dot leaders are shortened."""
        words = _reading_order(self.words)
        joined = words[0].text
        for one, other in pairwise(words):
            joined += (" " if _apart(one, other) else "") + other.text
        return _LEADER.sub(" ...", joined)

    @cached_property
    def phrases(self) -> tuple[Line, ...]:
        """The line cut at its wide gaps."""
        cuts = [
            i for i, (a, b) in enumerate(pairwise(self.words), 1) if b.left - a.right > GAP * max(a.height, b.height)
        ]
        return tuple(Line(self.words[start:stop]) for start, stop in pairwise([0, *cuts, len(self.words)]))


def phrases(words: Iterable[Word]) -> list[Line]:
    """Words grouped to rows and cut at wide gaps, top to bottom, then left to right."""
    return [phrase for row in rows(words) for phrase in row.phrases]


def rows(words: Iterable[Word]) -> list[Line]:
    """Words on one height, as lines over the full width, top to bottom."""
    open_rows: list[list[Word]] = []
    for word in sorted(words, key=lambda word: word.middle):
        for row in open_rows[-2:]:
            if abs(row[0].middle - word.middle) <= _tolerance(row[0], word):
                row.append(word)
                break
        else:
            open_rows.append([word])
    return [Line(tuple(sorted(row, key=lambda word: word.left))) for row in open_rows]


def left_first(rows: Iterable[Line]) -> list[Line]:
    """Rows as they are read: what stands beside a taller line and left of it, such as `Chapter 1`, comes before it."""
    ordered: list[Line] = []
    for row in rows:
        beside = ordered and row.area.right <= ordered[-1].area.left and row.area.middle < ordered[-1].area.bottom
        ordered.insert(len(ordered) - bool(beside), row)
    return ordered


def join(texts: Iterable[str]) -> str:
    """Lines or parts of one paragraph as one text: words divided at a line end closed up, no space within Chinese."""
    return reduce(_join, texts, "")


def _join(one: str, other: str) -> str:
    if not one:
        return other
    if _HYPHEN.search(one) and other[:1].islower():
        return one[:-1] + other
    return one + other if _closed_up(one, other) else f"{one} {other}"


def is_cjk(character: str) -> bool:
    """Whether it is Chinese or Japanese, written without spaces."""
    return bool(_CJK.match(character))


def _closed_up(one: str, other: str) -> bool:
    return is_cjk(one[-1:]) and is_cjk(other[:1])


def _apart(one: Word, other: Word) -> bool:
    if one.turn or _is_raised(one, other) or _is_raised(other, one) or _changes_direction(one, other):
        return True
    gap = max(other.left - one.right, one.left - other.right)
    touching = _BLANK if _type(one) == _type(other) else _TOUCHING
    return gap > (GAP if _closed_up(one.text, other.text) else touching) * max(one.height, other.height)


def _is_raised(one: Word, other: Word) -> bool:
    """Whether `one` is the mark of a note at `other`."""
    smaller = one.height * _SMALLER < other.height and one.bottom < other.bottom - 0.15 * other.height
    return smaller and other.text[0].isalnum() and bool(_MARK.fullmatch(one.text))


def _changes_direction(one: Word, other: Word) -> bool:
    return one.rtl != other.rtl and one.text[-1].isalnum() and other.text[0].isalnum()


def _type(word: Word) -> tuple[str, bool, bool]:
    return word.family, word.emphasis, word.mono


def _tolerance(one: Word, other: Word) -> float:
    """How far apart the middles of two words in a row may lie: a raised figure joins its line, a large initial none."""
    small, large = sorted((one.height, other.height))
    return 0.5 * large if large < _INITIAL * small else 0.5 * small


def _reading_order(words: Sequence[Word]) -> list[Word]:
    """Right to left when most words are, with the words of other scripts among them left to right."""
    if sum(word.rtl for word in words) * 2 <= len(words):
        return list(words)
    runs = [list(run) for _, run in groupby(reversed(words), key=lambda word: word.rtl)]
    return [word for run in runs for word in (run if run[0].rtl else reversed(run))]
