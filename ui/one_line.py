"""Texts of any length as one line; pure."""

from __future__ import annotations

SHORT_CHARS = 240


def flat(text: str) -> str:
    """The whole of it."""
    return " ".join(text.split())


def short(text: str) -> str:
    """Its beginning, up to `SHORT_CHARS` characters."""
    line = flat(text)
    return line if len(line) <= SHORT_CHARS else line[: SHORT_CHARS - 1] + "…"
