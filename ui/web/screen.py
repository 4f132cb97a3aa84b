"""Everything a run changes on the page, as one value."""

from __future__ import annotations

import time
from typing import Any

from ui.web import approval, evidence, transcript
from ui.web.artifacts import Tables
from ui.web.view import View

_NO_TABLES: Tables = {}


def screen(view: View, tables: Tables = _NO_TABLES) -> dict[str, Any]:
    """What the page's script draws; it draws the panel of an approval once and counts its time down itself."""
    return {
        "busy": view.busy,
        "pieces": transcript.articles(view, tables),
        "panel": _panel(view),
        "status": transcript.status(view),
        "sources": evidence.sources(view),
    }


def _panel(view: View) -> dict[str, Any]:
    """The approval that waits; without one its id is empty."""
    asked = view.waiting
    if asked is None:
        return {"id": "", "html": "", "left": 0}
    left = asked.timeout_s - max(0.0, time.time() - asked.at) if asked.timeout_s else 0
    return {"id": asked.approval_id, "html": approval.panel(asked), "left": round(max(left, 0))}
