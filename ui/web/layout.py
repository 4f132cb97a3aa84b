"""The parts of the page and where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.web.screen import screen
from ui.web.view import View

_TABLE = (
    '<div class="talk" tabindex="0" role="group" aria-label="Table">'
    '<div class="log" role="log" aria-label="Conversation"></div><div class="panel"></div></div>'
    '<p class="status" role="status"></p>'
)
_UNSANDBOXED = (
    '<p role="note" class="danger"><strong>Code may run without isolation,</strong> as an ordinary process of this'
    " machine: <code>dangerously_run_without_isolation</code> is set.</p>"
)
_BRAND = '<header class="brand"><h1>Roundtable</h1><p>Ask your documents</p></header>'


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Every part a handler reads or changes."""

    kb: gr.Dropdown
    team: gr.Dropdown
    new: gr.Button
    ready: gr.HTML
    table: gr.HTML
    notice: gr.HTML
    question: gr.Textbox
    send: gr.Button
    stop: gr.Button
    passage: gr.HTML
    sources: gr.HTML
    files: gr.File
    cancel: gr.Button
    uploads: gr.HTML
    documents: gr.HTML


def warn() -> None:
    """Say for good that code may run without isolation."""
    _html(_UNSANDBOXED, elem_id="unsandboxed")


def lay_out() -> Parts:
    """Make the parts; to be called inside a `gr.Blocks`."""
    with gr.Row(elem_id="page"):
        with gr.Column(elem_id="top"):
            _html(_BRAND)
            kb = gr.Dropdown(label="Knowledge base", choices=[], interactive=True)
            team = gr.Dropdown(label="Team", choices=[], interactive=True)
            new = gr.Button("New conversation", size="sm")
            ready = _html("", elem_id="ready")
        with gr.Column(elem_id="table"):
            table = _html(
                screen(View()),
                html_template=_TABLE,
                js_on_load=(
                    "roundtable.table(element, props, watch, data => trigger('cite', data),"
                    " data => trigger('decide', data))"
                ),
            )
            notice = _html("", elem_id="notice")
            with gr.Row(elem_id="composer"):
                question = gr.Textbox(
                    label="Your question", placeholder="Ask a question…", show_label=False, container=False, max_lines=8
                )
                send = gr.Button("Ask", variant="primary", size="md", elem_id="send")
                stop = gr.Button("Stop", variant="stop", size="md", elem_id="stop")
        with gr.Column(elem_id="evidence"):
            passage = _html("", js_on_load="roundtable.passage(element, props, watch)")
            sources = _html("", js_on_load="roundtable.sources(element, data => trigger('cite', data))")
        with gr.Column(elem_id="library"):
            _html("<h2>Documents</h2>")
            files = gr.File(label="Add documents", show_label=False, file_count="multiple", height=56, elem_id="files")
            cancel = gr.Button("Cancel", size="sm", visible=False)
            uploads = _html("")
            documents = _html("")
    return Parts(
        kb=kb,
        team=team,
        new=new,
        ready=ready,
        table=table,
        notice=notice,
        question=question,
        send=send,
        stop=stop,
        passage=passage,
        sources=sources,
        files=files,
        cancel=cancel,
        uploads=uploads,
        documents=documents,
    )


def _html(value: Any, *, js_on_load: str | None = None, **options: Any) -> gr.HTML:
    """A place for HTML of our own, without Gradio's styles and click handler."""
    return gr.HTML(value, apply_default_css=False, js_on_load=js_on_load, **options)
