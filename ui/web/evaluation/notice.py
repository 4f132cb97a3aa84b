"""What did not work, as HTML."""

from __future__ import annotations

import html

from configs.errors import AppError
from ui.web.words import Words


def notice(words: Words, error: AppError | None) -> str:
    """What happened and what to do; nothing without an error."""
    if error is None:
        return ""
    message, hint = words.error(error)
    advice = f"<p>{html.escape(hint)}</p>" if hint else ""
    return f'<div class="problem" role="alert"><h3>{html.escape(message)}</h3>{advice}</div>'
