"""Finds quoted words by their letters alone: spaces, hyphens, ligatures, accents and case do not matter."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

Span = tuple[int, int]

_SHORTEST = 4
"""Runs of fewer letters in common are chance."""


def letters(characters: Iterable[str]) -> tuple[str, list[int]]:
    """The letters and digits in their plainest form, and for each the index of the character it came from."""
    found = [
        (letter, index)
        for index, character in enumerate(characters)
        for letter in unicodedata.normalize("NFKD", character).casefold()
        if letter.isalnum()
    ]
    return "".join(letter for letter, _ in found), [index for _, index in found]


def find(quote: str, text: str) -> list[Span]:
    """Where the letters of a quote stand among those of a text, in order; empty when they do not.

    A quote that is not there as a whole is found in pieces when they make up half of it, and when the text breaks
    off in its middle, as a page does: its beginning at the end of the text, its end at the beginning.
    """
    at = text.find(quote)
    if at >= 0:
        return [(at, at + len(quote))] if quote else []
    blocks = SequenceMatcher(None, quote, text, autojunk=False).get_matching_blocks()
    pieces = [(block.a, block.b, block.size) for block in blocks if block.size >= _SHORTEST]
    if 2 * sum(size for *_, size in pieces) < len(quote):
        pieces = [piece for piece in pieces if _breaks_off(piece, len(quote), len(text))]
    return [(start, start + size) for _, start, size in pieces]


def _breaks_off(piece: tuple[int, int, int], quote: int, text: int) -> bool:
    in_quote, in_text, size = piece
    begins, ends = in_quote == 0, in_quote + size == quote
    return (begins and in_text + size == text) or (ends and in_text == 0)
