"""The parts of the conversation's page and where they stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import gradio as gr

from ui.web.labels import label
from ui.web.own_html import own_html
from ui.web.site import Welcome

_SIDE = '<nav><input type="search" class="search" maxlength="200"><div class="list"></div></nav>'
_TABLE = (
    '<div class="threads"><section class="thread"><header class="head"></header>'
    '<div class="talk" tabindex="0" role="group"><button type="button" class="earlier" hidden></button>'
    '<div class="log" role="log"></div></div>'
    '<div class="panel"></div><p class="status" role="status"></p></section></div><div id="notice"></div>'
)
_UNSANDBOXED = '<p role="note" class="danger"></p>'
_BRAND = '<header class="brand"><h1>Roundtable</h1><p id="who"></p></header>'


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Every part that is filled or listened to."""

    kb: gr.Dropdown
    team: gr.Dropdown
    strategy: gr.Dropdown
    model: gr.Dropdown
    new: gr.Button
    choose: gr.Button
    question: gr.Textbox
    send: gr.Button
    stop: gr.Button
    leave: gr.Button


def warn() -> None:
    """Say for good that code may run without isolation."""
    own_html(_UNSANDBOXED, js_on_load="roundtable.warn(element)", elem_id="unsandboxed")


def lay_out(welcome: Iterable[Welcome]) -> Parts:
    """Make the parts; to be called inside a `gr.Blocks`."""
    with gr.Row(elem_id="page"):
        with gr.Column(elem_id="side"):
            own_html(_BRAND, elem_id="brand")
            choose = gr.Button(label("talk.menu"), size="sm", elem_id="choose")
            new = gr.Button(label("talk.new"), size="sm", elem_id="new")
            kb = _choice("talk.kb")
            team = _choice("talk.team")
            with gr.Accordion(label("talk.further"), open=False, elem_id="further"):
                strategy = _choice("talk.strategy")
                model = _choice("talk.model")
            own_html('<div id="readiness"></div>', elem_id="ready")
            own_html(_SIDE, js_on_load="roundtable.conversations(element)", elem_id="conversations")
        with gr.Column(elem_id="table"):
            for part in welcome:
                part.build()
            own_html(_TABLE, js_on_load="roundtable.chat(element)", elem_id="talk")
            with gr.Row(elem_id="composer"):
                question = gr.Textbox(
                    label=label("talk.question"),
                    placeholder=label("talk.ask_here"),
                    show_label=False,
                    container=False,
                    max_lines=8,
                )
                leave = gr.Button(label("talk.cancel"), size="md", elem_id="leave")
                send = gr.Button(label("talk.ask"), variant="primary", size="md", elem_id="send")
                stop = gr.Button(label("talk.stop"), variant="stop", size="md", elem_id="stop")
        with gr.Column(elem_id="evidence"):
            own_html("", js_on_load="roundtable.passage(element)")
            own_html("", js_on_load="roundtable.sources(element)")
    return Parts(
        kb=kb,
        team=team,
        strategy=strategy,
        model=model,
        new=new,
        choose=choose,
        question=question,
        send=send,
        stop=stop,
        leave=leave,
    )


def _choice(name: str) -> gr.Dropdown:
    return gr.Dropdown(label=label(name), choices=[], interactive=True)
