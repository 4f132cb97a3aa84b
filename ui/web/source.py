"""Program text as HTML that shows every character of it, also those nobody would see."""

from __future__ import annotations

import html
from collections.abc import Iterator

from ui import visible
from ui.web.words import Words

_MOST_NAMED = 5


def source(code: str, kind: str = "code") -> str:
    """A block of code; nothing for blank code. Characters without a face stand as their number."""
    marked = visible.replaced(html.escape(code), lambda c: f'<span class="unseen">{visible.named(c)}</span>')
    return f'<pre class="{kind}" tabindex="0">{marked}</pre>' if code.strip() else ""


def unseen(code: str, words: Words) -> str:
    """One sentence about characters that make code look other than it runs; empty when there are none."""
    found = list(dict.fromkeys(_unseen(code.replace("\r\n", "\n"), words)))
    if not found:
        return ""
    characters, more = words("units.comma").join(found[:_MOST_NAMED]), len(found) - _MOST_NAMED
    if more > 0:
        return words("source.unseen.more", characters=characters, n=more)
    return words("source.unseen", characters=characters)


def _unseen(code: str, words: Words) -> Iterator[str]:
    for number, line in enumerate(code.split("\n"), start=1):
        for character in filter(visible.unseen, visible.SUSPECTS.findall(line)):
            yield words("source.in_line", character=visible.named(character), line=number)
