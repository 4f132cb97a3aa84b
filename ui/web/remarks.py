"""Sentences that other layers say in English, told in another language as far as they are known; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from string import Formatter

_MOST_CHARS = 4_000
"""Longer texts are nobody's fixed sentence."""
_NEXT = re.compile(r"(?<=[.!?…]) (?=\S)")
_FULL_STOP = ("。", "！", "？")
_GROUPS = {
    "quoted": r"(?:'[^\n]*?'|\"[^\n]*?\")",
    "": r"(?:(?![.!?] )[^\n]){1,300}?",
}
"""What stands for a `{value}`: quoted text where it is named so, else anything short within one sentence."""


class Phrasebook:
    """Pairs of a sentence and how it is told; `{values}` stand for what differs from one time to the next.

    Pairs of `parts` are about pieces of sentences, which stand where a `{value}` does.
    """

    def __init__(self, sentences: Iterable[tuple[str, str]], parts: Iterable[tuple[str, str]] = ()) -> None:
        self._sentences = _patterns(sentences, end=r"(?<=[.!?…])(?= |$)")
        self._parts = _patterns(parts, end="$")
        self._cached = lru_cache(maxsize=2048)(self._told)

    def __call__(self, text: str) -> str:
        """The text, every known sentence of it told; what is not known stays as it is."""
        return self._cached(text) if len(text) <= _MOST_CHARS else text

    def _told(self, text: str) -> str:
        out, at = "", 0
        while at < len(text):
            said, end = self._sentence(text, at) or _untold(text, at)
            out += ("" if not out or out.endswith(_FULL_STOP) else " ") + said
            at = end + 1
        return out

    def _sentence(self, text: str, at: int) -> tuple[str, int] | None:
        """The known sentence that begins there, and where it ends."""
        for pattern, told in self._sentences:
            if found := pattern.match(text, at):
                return self._filled(told, found), found.end()
        return None

    def _part(self, text: str) -> str:
        for pattern, told in self._parts:
            if found := pattern.match(text):
                return self._filled(told, found)
        return text

    def _filled(self, told: str, found: re.Match[str]) -> str:
        return told.format(**{name: self._part(value) for name, value in found.groupdict().items()})


def _untold(text: str, at: int) -> tuple[str, int]:
    found = _NEXT.search(text, at)
    end = found.start() if found else len(text)
    return text[at:end], end


def _patterns(pairs: Iterable[tuple[str, str]], *, end: str) -> list[tuple[re.Pattern[str], str]]:
    """Those that say most come first: a shorter one may fit, too."""
    weighed = sorted(pairs, key=lambda pair: -sum(len(words) for words, *_ in Formatter().parse(pair[0])))
    return [(re.compile(_expression(pair[0]) + end), pair[1]) for pair in weighed]


def _expression(sentence: str) -> str:
    pieces = ((words, name) for words, name, *_ in Formatter().parse(sentence))
    return "".join(
        re.escape(words) + (f"(?P<{name}>{_GROUPS.get(name, _GROUPS[''])})" if name else "") for words, name in pieces
    )
