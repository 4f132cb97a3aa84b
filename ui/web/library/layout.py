"""The parts of the library tab and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.web.labels import label
from ui.web.own_html import own_html

_PIECES = '<div class="lib-pieces" tabindex="-1"></div>'
_PLACE = "roundtable.libraryPlace(element, props, watch, data => trigger('act', data))"
_PREVIEW = "roundtable.libraryPreview(element, props, watch, data => trigger('act', data))"
_LOOK = "roundtable.libraryLook(element, () => trigger('look', {}), () => trigger('leave', {}))"
MOST_HITS = 50


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Every part a handler reads or changes; `changing` are for editors, `local` for who owns the machine."""

    notice: gr.HTML
    kb: gr.Dropdown
    numbers: gr.HTML
    name: gr.Textbox
    create: gr.Button
    remove: gr.Button
    activity: gr.HTML
    files: gr.File
    folder: gr.UploadButton
    addresses: gr.Textbox
    fetch: gr.Button
    place: gr.Textbox
    read: gr.Button
    words: gr.Textbox
    documents: gr.HTML
    query: gr.Textbox
    strategy: gr.Dropdown
    k: gr.Number
    search: gr.Button
    results: gr.HTML
    reparse: gr.Button
    model: gr.Dropdown
    reembed: gr.Button
    preview: gr.HTML
    changing: Sequence[Any]
    local: Sequence[Any]


def lay_out(*, strategies: Sequence[str], models: Sequence[str], strategy: str, k: int) -> Parts:
    """Make the parts; to be called inside a `gr.Blocks`."""
    with gr.Column(elem_id="lib"):
        head = _head()
        activity = own_html([], elem_id="lib-activity", html_template=_PIECES, js_on_load=_PLACE)
        with gr.Tabs(elem_id="lib-views"):
            with gr.Tab(label("library.view_documents"), id="documents"):
                documents = _documents()
            with gr.Tab(label("library.view_try"), id="try"):
                tried = _try(strategies, strategy, k)
            with gr.Tab(label("library.view_rebuild"), id="rebuild", visible=False) as rebuilding:
                rebuilt = _rebuild(models)
        preview = own_html([], elem_id="lib-preview", html_template=_PIECES, js_on_load=_PREVIEW)
    changing = (*head.pop("changing"), documents.pop("adding"), rebuilding)
    local = (documents.pop("here"),)
    parts = {**head, **documents, **tried, **rebuilt}
    return Parts(activity=activity, preview=preview, changing=changing, local=local, **parts)


def _head() -> dict[str, Any]:
    notice = own_html("", elem_id="lib-notice", js_on_load=_LOOK)
    with gr.Row(elem_id="lib-head"):
        kb = gr.Dropdown(label=label("library.kb"), choices=[], interactive=True, elem_id="lib-kb", scale=1)
        numbers = own_html("", elem_id="lib-numbers")
        remove = gr.Button(label("library.remove"), size="sm", visible=False, elem_id="lib-remove", scale=0)
    new = gr.Accordion(label("library.new"), open=False, visible=False, elem_id="lib-new")
    with new, gr.Row(elem_classes="lib-line"):
        name = gr.Textbox(label=label("library.name"), max_lines=1, scale=1)
        create = gr.Button(label("library.create"), variant="primary", size="sm", scale=0)
    parts = {"notice": notice, "kb": kb, "numbers": numbers, "name": name, "create": create, "remove": remove}
    return {**parts, "changing": (remove, new)}


def _documents() -> dict[str, Any]:
    with gr.Column(visible=False, elem_id="lib-adding") as adding:
        with gr.Row(elem_classes="lib-line"):
            files = gr.File(
                label=label("library.files"), file_count="multiple", height=96, elem_id="lib-files", scale=1
            )
            folder = gr.UploadButton(
                label("library.folder"), file_count="directory", size="sm", elem_id="lib-folder", scale=0
            )
        with gr.Accordion(label("library.from_elsewhere"), open=False, elem_id="lib-elsewhere"):
            with gr.Row(elem_classes="lib-line"):
                addresses = gr.Textbox(label=label("library.addresses"), lines=2, max_lines=8, scale=1)
                fetch = gr.Button(label("library.fetch"), size="sm", scale=0)
            with gr.Row(visible=False, elem_classes="lib-line") as here:
                place = gr.Textbox(label=label("library.place"), max_lines=1, scale=1)
                read = gr.Button(label("library.read"), size="sm", scale=0)
    words = gr.Textbox(
        label=label("library.filter"),
        placeholder=label("library.filter"),
        show_label=False,
        container=False,
        max_lines=1,
        elem_id="lib-filter",
    )
    documents = own_html([], elem_id="lib-documents", html_template=_PIECES, js_on_load=_PLACE)
    return {
        "adding": adding,
        "here": here,
        "files": files,
        "folder": folder,
        "addresses": addresses,
        "fetch": fetch,
        "place": place,
        "read": read,
        "words": words,
        "documents": documents,
    }


def _try(strategies: Sequence[str], strategy: str, k: int) -> dict[str, Any]:
    with gr.Row(elem_classes="lib-line", elem_id="lib-try"):
        query = gr.Textbox(label=label("library.query"), max_lines=3, scale=4)
        chosen = gr.Dropdown(label=label("library.strategy"), choices=list(strategies), value=strategy, scale=1)
        most = gr.Number(label=label("library.k"), value=k, minimum=1, maximum=MOST_HITS, precision=0, scale=1)
        search = gr.Button(label("library.search"), variant="primary", size="sm", scale=0)
    results = own_html([], elem_id="lib-results", html_template=_PIECES, js_on_load=_PLACE)
    return {"query": query, "strategy": chosen, "k": most, "search": search, "results": results}


def _rebuild(models: Sequence[str]) -> dict[str, Any]:
    gr.Markdown(label("library.reparse_about"), elem_classes="lib-about")
    reparse = gr.Button(label("library.reparse_all"), size="sm", elem_id="lib-reparse")
    gr.Markdown(label("library.reembed_about"), elem_classes="lib-about")
    with gr.Row(elem_classes="lib-line"):
        model = gr.Dropdown(label=label("library.model"), choices=list(models), value=models[0], scale=1)
        reembed = gr.Button(label("library.reembed"), size="sm", scale=0)
    return {"reparse": reparse, "model": model, "reembed": reembed}
