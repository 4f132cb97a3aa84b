"""What a person decided about code that waits."""

from __future__ import annotations

from dataclasses import dataclass

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
