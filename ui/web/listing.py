"""Short notices: whether the application is ready, and what went wrong."""

from __future__ import annotations

import html
import re

from configs.errors import AppError
from ui.web.backend import Readiness
from ui.web.walkthrough.panel import model_line
from ui.web.words import Words


def base_name(source: str) -> str:
    """The last part of a path or address."""
    return re.split(r"[\\/]", source)[-1] or source


def readiness(state: Readiness, words: Words) -> str:
    """Whether the application is ready, in one line; once it is, which model answers."""
    if state.error is not None:
        return notice(state.error, words)
    if state.ready:
        return "" if state.model is None else model_line(state.model, words)
    return f'<p role="status" class="status">{html.escape(words.remark(state.message))}</p>'


def notice(error: AppError, words: Words) -> str:
    """An error for the user: what happened, and what to do."""
    message, hint = words.error(error)
    advice = f"<p>{html.escape(hint)}</p>" if hint else ""
    return f'<div class="problem" role="alert"><h3>{html.escape(message)}</h3>{advice}</div>'
