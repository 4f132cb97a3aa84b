"""The evaluation tab put together: its parts, its place on the page and its routes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import gradio as gr
from fastapi import FastAPI

from configs.settings import Settings
from ui.web.evaluation.acts import Acts
from ui.web.evaluation.bench import Bench
from ui.web.evaluation.live_route import serve_live
from ui.web.evaluation.prepared import Prepared
from ui.web.evaluation.question_store import QuestionStore
from ui.web.evaluation.routes import serve_evaluation
from ui.web.evaluation.screens import REGIONS, Screens
from ui.web.evaluation.watching import Watching

if TYPE_CHECKING:
    from agents.app import App

_LEFT = ("setup", "questions", "tally")
_RIGHT = tuple(region for region in REGIONS if region not in (*_LEFT, "notice"))
_UPLOADS = 4
"""A dataset may be as many times as large as a document."""


class EvaluationPage:
    """Measures search strategies; `app` gives the application once it is ready. See `TabPage`."""

    name = "evaluation"

    def __init__(self, app: Callable[[], App], settings: Settings) -> None:
        home = settings.home / "evaluation"
        self._settings = settings
        self._bench = Bench(home / "runs")
        self._questions = QuestionStore(home / "questions")
        self._acts = Acts(app, settings, self._bench, self._questions)
        screens = Screens(self._bench, self._questions)
        self._watching = Watching(Prepared(app), self._acts, self._bench, screens)

    def build(self, blocks: gr.Blocks) -> None:  # noqa: ARG002 - everything comes and goes through the routes
        """See `TabPage`."""
        gr.HTML(
            "",
            html_template=(
                f'{_places(["notice"])}<div class="halves"><div class="half">{_places(_LEFT)}</div>'
                f'<div class="half">{_places(_RIGHT)}</div></div>'
            ),
            js_on_load="roundtable.evaluation(element)",
            apply_default_css=False,
            elem_id="evaluation",
        )

    def serve(self, server: FastAPI) -> None:
        """See `TabPage`."""
        most = _UPLOADS * self._settings.parsing.max_file_mb * 2**20
        serve_live(server, self._watching)
        serve_evaluation(server, self._bench, self._questions, self._acts.datasets, most_bytes=most)


def _places(regions: Sequence[str]) -> str:
    return "".join(f'<div id="evaluation-{region}" class="drawn"></div>' for region in regions)
