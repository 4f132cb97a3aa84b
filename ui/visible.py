"""Characters that nobody sees, or that move what is seen, told apart and named; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

_CATEGORIES = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs"}
_FACELESS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0100-\U000e01ef]"
)
"""Letters and marks that are drawn as nothing: Unicode's Default_Ignorable_Code_Point, and the empty Braille cell."""
SUSPECTS = re.compile(r"[^\t\n -~]")


def unseen(character: str) -> bool:
    """Whether code that holds it may look other than it runs."""
    return unicodedata.category(character) in _CATEGORIES or bool(_FACELESS.match(character))


def named(character: str) -> str:
    """`U+202E`."""
    return f"U+{ord(character):04X}"


def replaced(text: str, face: Callable[[str], str]) -> str:
    """The text with `face(c)` for every unseen character c; a CRLF is a line end as any other."""
    return SUSPECTS.sub(lambda m: face(m[0]) if unseen(m[0]) else m[0], text.replace("\r\n", "\n"))


def visible(text: str) -> str:
    """The text with unseen characters as their numbers."""
    return replaced(text, lambda character: f"<{named(character)}>")
