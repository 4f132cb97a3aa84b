"""Everything a run changes on the page, as one value."""

from __future__ import annotations

from typing import Any

from ui.web import evidence, transcript
from ui.web.view import View


def screen(view: View) -> dict[str, Any]:
    """What the page's script draws."""
    return {
        "busy": view.busy,
        "pieces": transcript.articles(view),
        "status": transcript.status(view),
        "sources": evidence.sources(view),
    }
