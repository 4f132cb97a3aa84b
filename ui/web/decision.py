"""What a person decided about code that waits, as the page's script sends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MOST_CODE, MOST_REASON, MOST_ID = 1_000_000, 2_000, 200
"""Characters."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """An answer; `code_sha256` is the hash of the code that was shown, `code` what shall run instead of it."""

    approval_id: str
    approved: bool
    code_sha256: str
    code: str | None
    reason: str


def read_decision(sent: Any) -> Decision | None:
    """The decision in an event from a browser; None for anything the page's script would not send."""
    if not isinstance(sent, dict) or not isinstance(sent.get("approved"), bool):
        return None
    limits = {"approval_id": MOST_ID, "code_sha256": MOST_ID, "reason": MOST_REASON}
    if not all(_is_text(sent.get(name), most) for name, most in limits.items()):
        return None
    code = sent.get("code")
    if code is not None and not (_is_text(code, MOST_CODE) and code.strip()):
        return None
    return Decision(approved=sent["approved"], code=code, **{name: sent[name] for name in limits})


def _is_text(value: Any, most: int) -> bool:
    """Whether it is text of at most so many characters, all of them whole."""
    if not isinstance(value, str) or len(value) > most:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
