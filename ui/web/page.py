"""The page: its parts, wired to its script and its handlers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ui.web.backend import Backend
from ui.web.chat.choosing import Choosing
from ui.web.labels import label
from ui.web.layout import Parts, lay_out, warn
from ui.web.site import Site

_QUIET = {"show_progress": "hidden", "api_visibility": "private"}
_HOUR = 3600


def build_page(backend: Backend, site: Site, *, unsandboxed: bool = False) -> gr.Blocks:
    """The page as Gradio blocks; nothing of it is published as an API.

    `unsandboxed` warns on it, for good, that code may run without isolation.
    """
    with gr.Blocks(title="Roundtable", analytics_enabled=False, fill_width=True, delete_cache=(_HOUR, _HOUR)) as blocks:
        if unsandboxed:
            warn()
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab(label("tabs.chat"), id="chat", elem_id="tab-chat") as chat:
                parts = lay_out(site.welcome)
            for tab in site.tabs:
                with gr.Tab(label(f"tabs.{tab.name}"), id=tab.name, elem_id=f"tab-{tab.name}"):
                    tab.build(blocks)
        _wire(parts, [blocks.load, chat.select], Choosing(backend, parts))
    return blocks.queue(default_concurrency_limit=None, api_open=False)


def _wire(parts: Parts, looked_at: Sequence[Any], choosing: Choosing) -> None:
    """The conversation itself is the script's, which speaks to `ui.web.chat`; only the choices come from here."""
    choices = [parts.kb, parts.team, parts.strategy, parts.model]
    chosen = "(...values) => { roundtable.chosen(values) }"
    gr.on(looked_at, choosing.offer, choices, choices, **_QUIET).then(None, choices, None, js=chosen, **_QUIET)
    gr.on(
        [parts.question.submit, parts.send.click],
        None,
        [parts.question, *choices],
        [parts.question],
        js="(...values) => roundtable.send(...values)",
        **_QUIET,
    )
    for button, act in ((parts.stop, "stop"), (parts.new, "begin"), (parts.choose, "choose")):
        button.click(None, js=f"() => {{ roundtable.{act}() }}", **_QUIET)
    parts.leave.click(None, js="() => { roundtable.stopEditing() }", **_QUIET)
    gr.on([choice.input for choice in choices], None, choices, None, js=chosen, **_QUIET)
