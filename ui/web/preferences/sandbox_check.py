"""Where code would run on this machine, as HTML; pure."""

from __future__ import annotations

import html

from agents.sandbox import SandboxReport
from ui.web.words import Words


def sandbox_check(report: SandboxReport, words: Words) -> str:
    """The backend that is used, and of each other one why it is not."""
    isolation = words(f"preferences.isolation_{report.isolation}")
    chosen = words("preferences.sandbox_used", backend=report.backend, isolation=isolation)
    said = chosen if report.usable else words("preferences.sandbox_none")
    rows = "".join(
        f"<li><code>{html.escape(backend.name)}</code> "
        f"{html.escape(words('preferences.usable') if backend.usable else backend.reason)}</li>"
        for backend in report.backends
    )
    return f'<span class="{"good" if report.usable else "bad"}">{html.escape(said)}</span><ul>{rows}</ul>'
