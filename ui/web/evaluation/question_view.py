"""The questions about a knowledge base, to be edited, as HTML; every change is sent when it is made."""

from __future__ import annotations

import html
from collections.abc import Collection, Sequence
from urllib.parse import quote

from retrieval.evaluation.questions import Question
from ui.web.evaluation.prose import joined
from ui.web.words import Words

MOST_SHOWN = 200
MOST_OFFERED = 2000


def editor(
    words: Words, kb: str, questions: Sequence[Question], documents: Sequence[str], there: Collection[str]
) -> str:
    """The list; `documents` are offered as expected ones, and `there` are all names that count."""
    rows = "".join(_row(words, number, one, there) for number, one in enumerate(questions[:MOST_SHOWN], start=1))
    hidden = len(questions) - MOST_SHOWN
    more = f'<p class="empty">{words("evaluation.more_questions", n=hidden)}</p>' if hidden > 0 else ""
    offered = "".join(f'<option value="{html.escape(name)}"></option>' for name in documents[:MOST_OFFERED])
    return (
        f'<section class="questions" data-kb="{html.escape(kb)}">'
        f"<h3>{html.escape(words('evaluation.questions', kb=kb))}</h3>{'' if questions else _none_yet(words)}"
        f'<datalist id="evaluation-documents">{offered}</datalist>'
        f'<div class="rows">{rows}</div>{more}<template>{_row(words, 0, Question(text="", id="new"), there)}</template>'
        f"{_actions(words, kb)}</section>"
    )


def tally(words: Words, questions: Sequence[Question], there: Collection[str]) -> str:
    """How many questions there are, and how many of them cannot be measured."""
    if not questions:
        return ""
    left_out = sum(not any(source in there for source in question.sources) for question in questions)
    incomplete = words("evaluation.incomplete", n=left_out) if left_out else ""
    told = joined(words, [words("evaluation.tally", n=len(questions)), incomplete])
    return f'<p class="tally" role="status">{told}</p>'


def _none_yet(words: Words) -> str:
    return (
        f'<div class="none"><p>{joined(words, map(words, ("evaluation.none_yet", "evaluation.none_why")))}</p>'
        f'<button type="button" data-act="examples">{words("evaluation.examples")}</button></div>'
    )


def _actions(words: Words, kb: str) -> str:
    address = f"evaluation/questions?kb={quote(kb, safe='')}"
    return (
        f'<div class="actions"><button type="button" data-add>{words("evaluation.add")}</button>'
        '<label class="button"><input type="file" accept=".jsonl,.json,.txt" data-import>'
        f"{words('evaluation.import')}</label>"
        f'<a class="button" href="{address}" download>{words("evaluation.export")}</a></div>'
    )


def _row(words: Words, number: int, question: Question, there: Collection[str]) -> str:
    identity = html.escape(question.id)
    chips = "".join(_chip(words, name, name in there) for name in question.sources)
    name = words("evaluation.question_n", n=number) if number else words("evaluation.question")
    return (
        f'<fieldset class="asked" data-id="{identity}"><legend class="unseen">{name}</legend>'
        f'<label for="q-{identity}-text">{words("evaluation.question")}</label>'
        f'<textarea id="q-{identity}-text" data-field="text" rows="2">{html.escape(question.text)}</textarea>'
        f'<label for="q-{identity}-source">{words("evaluation.expected")}</label>'
        f'<div class="chips">{chips}</div><input id="q-{identity}-source" data-field="source" autocomplete="off"'
        f' list="evaluation-documents" placeholder="{words("evaluation.choose")}">'
        f'<label for="q-{identity}-answer">{words("evaluation.answer")}</label>'
        f'<div class="last"><input id="q-{identity}-answer" data-field="answer" autocomplete="off"'
        f' value="{html.escape(question.answer)}">'
        f'<button type="button" data-remove aria-label="{words("evaluation.remove", n=number or "")}">×</button></div>'
        "</fieldset>"
    )


def _chip(words: Words, name: str, there: bool) -> str:
    """As the page's script makes them."""
    absent = "" if there else f' <span class="why">({words("script.evaluation_absent")})</span>'
    label = html.escape(words("script.evaluation_remove", name=name))
    return (
        f'<span class="chip{"" if there else " absent"}" data-name="{html.escape(name)}">{html.escape(name)}{absent}'
        f'<button type="button" data-drop aria-label="{label}">×</button></span>'
    )
