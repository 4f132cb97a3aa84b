"""A place on the page for HTML of our own."""

from __future__ import annotations

from typing import Any

import gradio as gr


def own_html(value: Any, *, js_on_load: str | None = None, **options: Any) -> gr.HTML:
    """The part, without Gradio's styles and click handler."""
    return gr.HTML(value, apply_default_css=False, js_on_load=js_on_load, **options)
