"""Program text as HTML that shows every character of it, also those nobody would see."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator

_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
_SUSPECTS = re.compile(r"[^\t\n\r -~]")
_MOST_NAMED = 5


def source(code: str, kind: str = "code") -> str:
    """A block of code; nothing for blank code. Characters without a face stand as their number."""
    marked = _SUSPECTS.sub(lambda match: _faced(match[0]), html.escape(code))
    return f'<pre class="{kind}" tabindex="0">{marked}</pre>' if code.strip() else ""


def unseen(code: str) -> str:
    """One sentence about characters that make code look other than it runs; empty when there are none."""
    found = list(dict.fromkeys(_unseen(code)))
    if not found:
        return ""
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return f"This code holds characters that cannot be seen: {', '.join(found[:_MOST_NAMED])}{more}."


def _unseen(code: str) -> Iterator[str]:
    for number, line in enumerate(code.split("\n"), start=1):
        yield from (f"{_number(c)} in line {number}" for c in _SUSPECTS.findall(line) if _is_unseen(c))


def _faced(character: str) -> str:
    return f'<span class="unseen">{_number(character)}</span>' if _is_unseen(character) else character


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN


def _number(character: str) -> str:
    return f"U+{ord(character):04X}"
