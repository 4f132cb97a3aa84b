"""Why something failed, in words that a model and a log may see."""

from __future__ import annotations

import re

from agents.sandbox.output import plain

_CHARS = 200
_WITHHELD = re.compile(r"[/\\]|api.?key|token|secret|passw|credential|bearer|authoriz|\bsk-", re.IGNORECASE)


def reason(error: BaseException) -> str:
    """The first line of what an exception says, or only its type where it could name a file or a secret."""
    kind = type(error).__name__
    try:
        said = isinstance(error, OSError) and error.strerror
        first = plain(said or str(error)).strip().partition("\n")[0][:_CHARS].rstrip(". ")
    except Exception:  # noqa: BLE001 an exception that cannot say what it is
        return kind
    return kind if not first or _WITHHELD.search(first) else f"{kind}, {first}"
