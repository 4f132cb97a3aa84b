"""Colours, fonts and the assets of the page; nothing is loaded from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr

from ui.web.words import COOKIE, LANGUAGES, catalogue

ASSETS = Path(__file__).parent / "assets"
FONTS = ("system-ui", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "sans-serif")
MONO = ("ui-monospace", "Consolas", "monospace")

_LANGUAGE = """
window.roundtable = {};
(() => {
  const chosen = document.cookie.match(/(?:^|; )%s=(\\w+)/)?.[1];
  if (chosen) for (const [key, value] of [["language", chosen], ["languages", [chosen]]])
    Object.defineProperty(navigator, key, { get: () => value });
  const language = (chosen || navigator.language).startsWith("zh") ? "zh" : "en";
  document.documentElement.lang = language;
  roundtable.words = (%s)[language];
  const theme = document.cookie.match(/(?:^|; )roundtable_theme=(light|dark)/)?.[1];
  const url = new URL(location);
  if (theme && url.searchParams.get("__theme") !== theme) {
    url.searchParams.set("__theme", theme);
    history.replaceState(history.state, "", url);
  }
})();
"""
"""Before Gradio starts: its own words, too, follow the chosen language, and its colours the chosen theme."""


def theme() -> gr.themes.Base:
    """Quiet greys with one accent."""
    return gr.themes.Base(
        primary_hue="indigo", neutral_hue="slate", radius_size="md", font=list(FONTS), font_mono=list(MONO)
    )


def head() -> str:
    """What goes into the page's head: its scripts, and what they say."""
    script = {lang: {k: v[lang] for k, v in catalogue().items() if k.startswith("script.")} for lang in LANGUAGES}
    begin = _LANGUAGE % (COOKIE, json.dumps(script, ensure_ascii=False))
    scripts = [begin, *(file.read_text(encoding="utf-8") for file in sorted(ASSETS.glob("*.js")))]
    return "".join(f"<script>{script}</script>" for script in scripts)


def styles() -> list[Path]:
    """The style sheets, `page.css` first."""
    return sorted(ASSETS.glob("*.css"), key=lambda file: (file.stem != "page", file.name))
