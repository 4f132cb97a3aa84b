"""The labels of Gradio's own parts, which change language in the browser."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ui.web.words import catalogue


def _flat(language: str) -> dict[str, str]:
    told = {key: forms[language] for key, forms in catalogue().items() if not key.startswith(("remarks.", "errors."))}
    return {key: form for key, form in told.items() if isinstance(form, str)}


LABELS = gr.I18n(en=_flat("en"), zh=_flat("zh"), **{"zh-CN": _flat("zh"), "zh-TW": _flat("zh")})


def label(key: str) -> Any:
    """A label by its name in `languages/*.yaml`, for a part of the page that is made once for everybody."""
    if key not in catalogue():
        raise KeyError(key)
    return LABELS(key)
