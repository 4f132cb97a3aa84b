"""Colours, fonts and the assets of the page; nothing is loaded from elsewhere."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

ASSETS = Path(__file__).parent / "assets"
FONTS = ("system-ui", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "sans-serif")
MONO = ("ui-monospace", "Consolas", "monospace")


def theme() -> gr.themes.Base:
    """Quiet greys with one accent."""
    return gr.themes.Base(
        primary_hue="indigo", neutral_hue="slate", radius_size="md", font=list(FONTS), font_mono=list(MONO)
    )


def head() -> str:
    """What goes into the page's head: its script."""
    return f"<script>{(ASSETS / 'page.js').read_text(encoding='utf-8')}</script>"
