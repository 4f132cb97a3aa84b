"""Colours, fonts and the assets of the page; nothing is loaded from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr

from ui.web.words import COOKIE, LANGUAGES, catalogue

ASSETS = Path(__file__).parent / "assets"
FONTS = ("system-ui", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "sans-serif")
MONO = ("ui-monospace", "Consolas", "monospace")

_OPENING = """
window.roundtable = {};
(() => {
  const chosen = document.cookie.match(/(?:^|; )%s=(en|zh)/)?.[1];
  const language = chosen || (navigator.language.startsWith("zh") ? "zh" : "en");
  const locale = { en: "en", zh: "zh-CN" }[language];
  for (const [key, value] of [["language", locale], ["languages", [locale]]])
    Object.defineProperty(navigator, key, { get: () => value });
  document.documentElement.lang = locale;
  roundtable.words = (%s)[language];
  const theme = document.cookie.match(/(?:^|; )roundtable_theme=(light|dark)/)?.[1];
  const url = new URL(location);
  if (theme && url.searchParams.get("__theme") !== theme) {
    url.searchParams.set("__theme", theme);
    history.replaceState(history.state, "", url);
  }
})();
"""


def theme() -> gr.themes.Base:
    """Quiet greys with one accent, dark enough to be read on."""
    base = gr.themes.Base(
        primary_hue="indigo", neutral_hue="slate", radius_size="md", font=list(FONTS), font_mono=list(MONO)
    )
    fill = "*primary_600"
    return base.set(button_primary_background_fill=fill, button_primary_background_fill_dark=fill)


def opening() -> str:
    """The script that runs before Gradio does: language and colours as chosen, and what the other scripts say."""
    script = {lang: {k: v[lang] for k, v in catalogue().items() if k.startswith("script.")} for lang in LANGUAGES}
    return _OPENING % (COOKIE, json.dumps(script, ensure_ascii=False))


def head() -> str:
    """The scripts of the page."""
    scripts = (file.read_text(encoding="utf-8") for file in sorted(ASSETS.glob("*.js")))
    return "".join(f"<script>{script}</script>" for script in scripts)


def styles() -> list[Path]:
    """The style sheets, `page.css` first."""
    return sorted(ASSETS.glob("*.css"), key=lambda file: (file.stem != "page", file.name))
