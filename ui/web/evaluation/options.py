"""Choices of a list, as HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable


def options(choices: Iterable[tuple[str, str]], chosen: str) -> str:
    """An option for every value and its words."""
    return "".join(
        f'<option value="{html.escape(value)}"{" selected" if value == chosen else ""}>{html.escape(words)}</option>'
        for value, words in choices
    )
