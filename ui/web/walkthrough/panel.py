"""The first steps as a panel, and which model answers as a line, as HTML; pure."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from configs.settings import Settings
from ui.web.words import Words

SAMPLE_KB = "samples"


@dataclass(frozen=True, kw_only=True)
class State:
    """`documents` by the names of their knowledge bases; `examples` are questions about the samples.

    `may_add` and `may_set` say whether the visitor may add documents and change settings.
    """

    settings: Settings
    documents: dict[str, int]
    examples: Sequence[str] = ()
    may_add: bool = True
    may_set: bool = True


def walkthrough(state: State, words: Words) -> str:
    """Three steps and a button that dismisses them; the examples stand there while there are samples to ask about."""
    steps = "".join(f"<li>{step}</li>" for step in (_documents(state, words), _model(state, words), _ask(state, words)))
    heading, dismiss = _said(words, "heading"), _said(words, "dismiss")
    return (
        f'<section class="walkthrough" aria-label="{heading}"><header><h2>{heading}</h2>'
        f'<button type="button" class="dismiss">{dismiss}</button></header><ol>{steps}</ol></section>'
    )


def model_line(model: str, words: Words) -> str:
    """Which model answers, in one line, with a link to the settings where there is none (an empty name)."""
    if not model:
        return f'<p class="model-line">{_said(words, "no_model_line")} {_link("settings", words("tabs.settings"))}</p>'
    return f'<p class="model-line">{html.escape(words("walkthrough.model_line", model=model))}</p>'


def _documents(state: State, words: Words) -> str:
    samples, count = state.documents.get(SAMPLE_KB, 0), sum(state.documents.values())
    said = words("walkthrough.samples", n=samples) if samples else words("walkthrough.documents", n=count)
    link = _link("library", words("walkthrough.add_documents")) if state.may_add else ""
    return _step(words("walkthrough.step_documents"), said, link)


def _model(state: State, words: Words) -> str:
    title, llm = words("walkthrough.step_model"), state.settings.llm
    if llm.provider != "extractive":
        return _step(title, words("walkthrough.model_line", model=llm.model or ""), "")
    if not state.may_set:
        return _step(title, words("walkthrough.no_model_ask_admin"), "")
    return _step(title, words("walkthrough.no_model"), _link("settings", words("walkthrough.add_model")))


def _ask(state: State, words: Words) -> str:
    examples = state.examples if state.documents.get(SAMPLE_KB) else ()
    said = words("walkthrough.try_one" if examples else "walkthrough.ask")
    buttons = "".join(f'<button type="button" class="example">{html.escape(each)}</button>' for each in examples)
    return _step(
        words("walkthrough.step_question"), said, f'<span class="examples">{buttons}</span>' if buttons else ""
    )


def _step(title: str, said: str, action: str) -> str:
    return f"<h3>{html.escape(title)}</h3><p>{html.escape(said)}</p>{action}"


def _link(tab: str, label: str) -> str:
    """A button that looks like a link and opens a tab."""
    return f'<button type="button" class="to-tab" data-tab="{tab}">{html.escape(label)}</button>'


def _said(words: Words, name: str) -> str:
    return html.escape(words(f"walkthrough.{name}"))
