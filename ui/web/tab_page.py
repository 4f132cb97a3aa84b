"""One tab of the page beside the conversation: it lays itself out, wires itself and serves its own files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI


class TabPage(Protocol):
    """`name` is that of the tab in `languages/*.yaml` (`tabs.NAME`) and in the page (`tab-NAME`)."""

    name: str

    def build(self, blocks: gr.Blocks) -> None:
        """Lay out and wire; called inside its `gr.Tab`. Every event of it is private and checks its visitor."""
        ...

    def serve(self, server: FastAPI) -> None:
        """Add the routes it needs."""
        ...
