"""The first steps in the conversation's empty state."""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from agents.app import App
from ui.web.downloads import PRIVATE
from ui.web.visitor import Visitor, visitor_of
from ui.web.walkthrough.examples import example_questions
from ui.web.walkthrough.panel import State, walkthrough


class FirstStart:
    """Shown to whoever has no conversation yet and has not dismissed it in this browser."""

    def __init__(self, app: Callable[[], App]) -> None:
        self._app = app

    def build(self) -> None:
        """Lay out; called where the conversation is still empty."""
        gr.HTML("", elem_id="first-start", apply_default_css=False, js_on_load="roundtable.walkthrough(element)")

    def serve(self, server: FastAPI) -> None:
        """Add `GET /walkthrough` → `{"html"}`, empty for whoever has a conversation; waits for the application."""

        @server.get("/walkthrough")
        def shown(request: Request) -> Response:
            return JSONResponse({"html": self._panel(visitor_of(request.scope))}, headers=PRIVATE)

    def _panel(self, visitor: Visitor) -> str:
        app = self._app()
        if app.store.list(owner=visitor.owner):
            return ""
        state = State(
            settings=app.settings,
            documents={name: documents for name, (documents, _) in app.library.summary().items()},
            examples=example_questions(visitor.language),
            may_add=visitor.can("editor"),
            may_set=visitor.can("admin"),
        )
        return walkthrough(state, visitor.words)
