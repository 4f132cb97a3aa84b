"""What to measure, how, and the button that begins, as HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from ui.web.evaluation.options import options
from ui.web.visitor import Visitor
from ui.web.words import Words


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What can be measured, and with what; `kb` and `dataset` are the chosen ones."""

    ready: bool = False
    kbs: tuple[str, ...] = ()
    kb: str = ""
    datasets: tuple[str, ...] = ()
    dataset: str = ""
    strategies: tuple[str, ...] = ()
    usual: str = ""
    documents: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()


def heading(words: Words) -> str:
    """What the tab is about."""
    return f"<header><h2>{words('evaluation.title')}</h2><p>{words('evaluation.about')}</p></header>"


def setup(visitor: Visitor, offer: Offer) -> str:
    """The form for those who may measure; `.on-dataset` and `.on-questions` show what the chosen source needs."""
    words = visitor.words
    if not visitor.can("editor"):
        return f'{heading(words)}<p class="empty">{words("evaluation.reader")}</p>'
    if not offer.ready:
        return f'{heading(words)}<p role="status" class="waiting">{words("evaluation.preparing")}</p>'
    source = "dataset" if offer.dataset else "questions"
    return (
        f'{heading(words)}<form data-act="run"><h3>{words("evaluation.new_run")}</h3>'
        f'<fieldset class="source"><legend>{words("evaluation.source")}</legend>'
        f"{_radio(words, 'questions', source)}{_radio(words, 'dataset', source)}</fieldset>"
        f'<div class="on-questions">{_kb(words, offer)}</div>'
        f'<div class="on-dataset">{_dataset(words, offer)}{_path(visitor)}</div>'
        f"{_strategies(words, offer)}{_depth(words)}"
        f'<button class="primary">{words("evaluation.run")}</button></form>'
    )


def _radio(words: Words, value: str, chosen: str) -> str:
    return (
        f'<label><input type="radio" name="source" value="{value}"{" checked" if value == chosen else ""}>'
        f" {words(f'evaluation.source_{value}')}</label>"
    )


def _kb(words: Words, offer: Offer) -> str:
    if not offer.kbs:
        return f'<p class="empty">{words("evaluation.no_kb")}</p>'
    return (
        f'<label for="evaluation-kb">{words("evaluation.kb")}</label>'
        '<select id="evaluation-kb" name="kb" data-act="kb">'
        f"{options(_same(offer.kbs), offer.kb)}</select>"
    )


def _dataset(words: Words, offer: Offer) -> str:
    title = words("evaluation.dataset")
    uploaded = (
        f'<label for="evaluation-dataset">{title}</label><select id="evaluation-dataset" name="dataset" data-fresh>'
        f"{options(_same(offer.datasets), offer.dataset)}</select>"
        if offer.datasets
        else f'<p class="label">{title}</p><p class="empty">{words("evaluation.no_dataset")}</p>'
    )
    return (
        f'{uploaded}<label for="evaluation-zip">{words("evaluation.upload")}</label>'
        '<input id="evaluation-zip" type="file" accept=".zip" data-upload><div class="uploading" role="status"></div>'
    )


def _path(visitor: Visitor) -> str:
    if not visitor.can("admin"):
        return ""
    words = visitor.words
    return (
        f'<label for="evaluation-path">{words("evaluation.path")}</label>'
        f'<input id="evaluation-path" name="path" autocomplete="off" spellcheck="false"'
        f' placeholder="{html.escape(words("evaluation.path_hint"))}">'
    )


def _strategies(words: Words, offer: Offer) -> str:
    boxes = "".join(
        f'<label><input type="checkbox" name="strategies" id="evaluation-strategy-{html.escape(name)}"'
        f' value="{html.escape(name)}"{" checked" if name == offer.usual else ""}> {html.escape(name)}</label>'
        for name in offer.strategies
    )
    return f'<fieldset class="strategies"><legend>{words("evaluation.strategies")}</legend>{boxes}</fieldset>'


def _depth(words: Words) -> str:
    return (
        f'<label for="evaluation-k">{words("evaluation.k")}</label><input id="evaluation-k" name="k" type="number"'
        f' min="1" max="100" value="100" aria-describedby="evaluation-k-about">'
        f'<p id="evaluation-k-about" class="empty">{words("evaluation.k_about")}</p>'
    )


def _same(names: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, name) for name in names]
