"""What the names of fonts and the widths of their letters tell: weight, slant, family, one letter width."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

_EMPHASIS = re.compile(r"bold|black|heavy|semib|demi|cmbx|sfbx|-bd\b|ital|oblique|cmti|sfti", re.IGNORECASE)
_MONO = re.compile(r"mono|courier|consol|typewriter|menlo|cmtt|sftt|code", re.IGNORECASE)
_FAMILY = re.compile(r"/?(?:[A-Z]{6}\+)?([^-,]+)")
_FEWEST_WORDS = 5
"""Different words that must agree before their common letter width says something of the font."""
_SAME_WIDTH = 1.03


@lru_cache(maxsize=512)
def is_emphasised(font: str) -> bool:
    """Whether a font's name says bold or italics."""
    return bool(_EMPHASIS.search(font))


@lru_cache(maxsize=512)
def family(font: str) -> str:
    """The name without the subset's mark before it and the style behind it: `/ABCDEF+Name-Bold` is `Name`."""
    match = _FAMILY.match(font)
    return match[1] if match else font


def fonts_of_one_width(words: Iterable[tuple[str, str, float]]) -> set[str]:
    """Fonts that by name or by measure set every letter equally wide, from words as (font, text, width)."""
    found: set[str] = set()
    widths: dict[str, dict[str, float]] = defaultdict(dict)
    for font, text, width in words:
        if _MONO.search(font):
            found.add(font)
        elif len(text) > 2 and text.isascii() and text.isalpha():
            widths[font][text] = width / len(text)
    for font, letters in widths.items():
        if len(letters) >= _FEWEST_WORDS and max(letters.values()) <= _SAME_WIDTH * min(letters.values()):
            found.add(font)
    return found
