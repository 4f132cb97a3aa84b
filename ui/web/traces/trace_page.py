"""The trace tab."""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr
from fastapi import FastAPI

from agents.app import App
from ui.web.traces.trace_routes import serve_traces


class TracePage:
    """Shows the turns of a person's own conversations; `roundtable.trace(conversation, run)` opens one from elsewhere.

    Its script fetches what it shows, so it costs nothing until somebody looks at it.
    """

    name = "trace"

    def __init__(self, app: Callable[[], App]) -> None:
        self._app = app

    def build(self, blocks: gr.Blocks) -> None:  # noqa: ARG002 - the tab has no events
        """Lay out."""
        gr.HTML("", elem_id="trace", apply_default_css=False, js_on_load="roundtable.traces(element)")

    def serve(self, server: FastAPI) -> None:
        """Add `/traces` and what is below it."""
        serve_traces(server, self._app)
