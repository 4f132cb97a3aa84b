"""Everything a run changes on the page, as one value."""

from __future__ import annotations

import time
from typing import Any

from ui.web import approval, evidence, transcript
from ui.web.artifacts import Tables
from ui.web.transcript import Transcript
from ui.web.view import View
from ui.web.words import Words


class Screen:
    """One conversation as the page's script draws it, in one language."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._transcript = Transcript(words)

    def of(self, view: View, tables: Tables) -> dict[str, Any]:
        """Everything; the script draws the panel of an approval once and counts its time down itself."""
        return {
            "busy": view.busy,
            "pieces": self._transcript.articles(view, tables),
            "panel": _panel(view, self._words),
            "status": transcript.status(view, self._words),
            "sources": evidence.sources(view, self._words),
        }


def _panel(view: View, words: Words) -> dict[str, Any]:
    """The approval that waits; without one its id is empty."""
    asked = view.waiting
    if asked is None:
        return {"id": "", "html": "", "left": 0}
    left = asked.timeout_s - max(0.0, time.time() - asked.at) if asked.timeout_s else 0
    return {"id": asked.approval_id, "html": approval.panel(asked, words), "left": round(max(left, 0))}
