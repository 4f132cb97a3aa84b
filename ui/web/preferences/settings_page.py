"""The settings tab."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import gradio as gr
from fastapi import FastAPI

from agents.app import App
from configs.saving import Name, Source
from ui.web.preferences.keeping import Keeping, Load, Use
from ui.web.preferences.settings_routes import serve_settings


class SettingsPage:
    """Everybody chooses language and colours here, administrators how the application works.

    `load` and `use` as in `ui.web.preferences.keeping`; what is in `fixed` cannot be changed, and the page says why.
    """

    name = "settings"

    def __init__(self, app: Callable[[], App], *, load: Load, use: Use, fixed: Mapping[Name, Source]) -> None:
        self._keeping = Keeping(app, load=load, use=use, fixed=fixed)

    def build(self, blocks: gr.Blocks) -> None:  # noqa: ARG002 - the tab has no events
        """Lay out."""
        gr.HTML("", elem_id="settings", apply_default_css=False, js_on_load="roundtable.preferences(element)")

    def serve(self, server: FastAPI) -> None:
        """Add `/settings` and what is below it."""
        serve_settings(server, self._keeping)
