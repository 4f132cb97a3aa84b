"""The page: its parts, wired to its handlers."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr

from ui.web.backend import Backend
from ui.web.exhibits import Exhibits
from ui.web.gallery import Gallery
from ui.web.handlers import Handlers
from ui.web.labels import label
from ui.web.layout import lay_out, warn
from ui.web.tab_page import TabPage
from ui.web.uploads import Shelf

_QUIET = {"show_progress": "hidden", "api_visibility": "private"}
_HOUR = 3600


def build_page(
    backend: Backend,
    shelf: Shelf,
    exhibits: Exhibits,
    gallery: Gallery,
    *,
    tabs: Sequence[TabPage] = (),
    unsandboxed: bool = False,
) -> gr.Blocks:
    """The page as Gradio blocks; nothing of it is published as an API.

    `tabs` stand beside the conversation. `unsandboxed` warns on it, for good, that code may run without isolation.
    """
    with gr.Blocks(title="Roundtable", analytics_enabled=False, fill_width=True, delete_cache=(_HOUR, _HOUR)) as blocks:
        if unsandboxed:
            warn()
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab(label("tabs.chat"), id="chat", elem_id="tab-chat"):
                parts = lay_out()
            for tab in tabs:
                with gr.Tab(label(f"tabs.{tab.name}"), id=tab.name, elem_id=f"tab-{tab.name}"):
                    tab.build(blocks)
        on = Handlers(backend, shelf, exhibits, gallery, parts)
        blocks.load(on.watch, None, [parts.table], **_QUIET)
        blocks.load(on.load, None, [parts.ready, parts.kb, parts.team, parts.documents, parts.notice], **_QUIET)
        gr.on(
            [parts.question.submit, parts.send.click],
            on.ask,
            [parts.question],
            [parts.question, parts.notice],
            **_QUIET,
        )
        parts.stop.click(on.stop, **_QUIET)
        gr.on(
            [parts.new.click, parts.kb.input, parts.team.input],
            on.begin,
            [parts.kb, parts.team],
            [parts.passage, parts.documents, parts.notice],
            trigger_mode="multiple",
            **_QUIET,
        )
        parts.table.decide(on.decide, None, [parts.notice], trigger_mode="multiple", **_QUIET)
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
