"""Program text as HTML that shows every character of it, also those nobody would see."""

from __future__ import annotations

import html
from collections.abc import Iterator

from ui import visible

_MOST_NAMED = 5


def source(code: str, kind: str = "code") -> str:
    """A block of code; nothing for blank code. Characters without a face stand as their number."""
    marked = visible.replaced(html.escape(code), lambda c: f'<span class="unseen">{visible.named(c)}</span>')
    return f'<pre class="{kind}" tabindex="0">{marked}</pre>' if code.strip() else ""


def unseen(code: str) -> str:
    """One sentence about characters that make code look other than it runs; empty when there are none."""
    found = list(dict.fromkeys(_unseen(code.replace("\r\n", "\n"))))
    if not found:
        return ""
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return f"This code holds characters that cannot be seen: {', '.join(found[:_MOST_NAMED])}{more}."


def _unseen(code: str) -> Iterator[str]:
    for number, line in enumerate(code.split("\n"), start=1):
        yield from (f"{visible.named(c)} in line {number}" for c in visible.SUSPECTS.findall(line) if visible.unseen(c))
