"""Sentences one after the other."""

from __future__ import annotations

from collections.abc import Iterable

from ui.web.words import Words


def joined(words: Words, sentences: Iterable[str]) -> str:
    """With a space between them where the language has one."""
    return ("" if words.language == "zh" else " ").join(sentence for sentence in sentences if sentence)
