"""The page: its parts, wired to its handlers."""

from __future__ import annotations

import gradio as gr

from ui.web.backend import Backend
from ui.web.exhibits import Exhibits
from ui.web.handlers import Handlers
from ui.web.layout import lay_out
from ui.web.uploads import Shelf

_QUIET = {"show_progress": "hidden", "api_visibility": "private"}
_HOUR = 3600


def build_page(backend: Backend, shelf: Shelf, exhibits: Exhibits) -> gr.Blocks:
    """The page as Gradio blocks; nothing of it is published as an API."""
    with gr.Blocks(title="Roundtable", analytics_enabled=False, fill_width=True, delete_cache=(_HOUR, _HOUR)) as blocks:
        parts = lay_out()
        on = Handlers(backend, shelf, exhibits, parts)
        blocks.load(on.watch, None, [parts.table], **_QUIET)
        blocks.load(on.load, None, [parts.ready, parts.kb, parts.documents, parts.notice], **_QUIET)
        gr.on(
            [parts.question.submit, parts.send.click],
            on.ask,
            [parts.question],
            [parts.question, parts.notice],
            **_QUIET,
        )
        parts.stop.click(on.stop, **_QUIET)
        gr.on(
            [parts.new.click, parts.kb.input],
            on.begin,
            [parts.kb],
            [parts.passage, parts.documents, parts.notice],
            trigger_mode="multiple",
            **_QUIET,
        )
        for place in (parts.table, parts.sources):
            place.cite(on.cite, None, [parts.passage], trigger_mode="multiple", **_QUIET)
        parts.files.upload(
            on.add,
            [parts.files],
            [parts.files, parts.cancel, parts.uploads, parts.documents, parts.notice],
            trigger_mode="multiple",
            **_QUIET,
        )
        parts.cancel.click(on.cancel, **_QUIET)
        blocks.unload(on.leave)
    return blocks.queue(default_concurrency_limit=None, api_open=False)
