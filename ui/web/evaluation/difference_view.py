"""Question by question, what one ranking does better than another, as HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from retrieval.evaluation.run import MEASURES
from ui.web.evaluation.comparison import ORDERS, Order, Row, Seen, rank_of
from ui.web.evaluation.figures import ANSWER
from ui.web.evaluation.options import options
from ui.web.evaluation.records import KEPT
from ui.web.evaluation.result_view import measure_name, signed
from ui.web.words import Words

_TOP = 10
SEPARATOR = "/"
"""Between the id of a run and the name of a strategy where both are one value."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What is compared, by what, and how many of the rows are listed; `sides` are all there are, with their names."""

    sides: tuple[tuple[str, str], ...]
    first: str
    second: str
    measure: str
    order: Order = "largest"
    only_different: bool = False
    shown: int = 50


def differences(
    words: Words, compared: Compared, rows: Sequence[Row], titles: tuple[dict[str, str], dict[str, str]]
) -> str:
    """The controls and the listed questions, each of which opens to both top lists; `titles` are those of each side."""
    if len(compared.sides) < 2:
        return _section(words, f'<p class="empty">{words("evaluation.one_side")}</p>') if compared.sides else ""
    wanted = [row for row in rows if row.is_different or not compared.only_different]
    different = sum(row.is_different for row in rows)
    count = words("evaluation.compared", n=len(rows), different=different)
    body = "".join(_row(words, row, titles) for row in wanted[: compared.shown])
    listed = f'<p class="note" role="status">{count}</p><div class="compared">{body}</div>' if rows else ""
    return _section(words, f"{_controls(words, compared)}{listed}{_rest(words, compared, len(wanted), len(rows))}")


def _section(words: Words, body: str) -> str:
    return f'<section class="differences"><h3>{words("evaluation.by_question")}</h3>{body}</section>'


def _rest(words: Words, compared: Compared, wanted: int, rows: int) -> str:
    if not wanted:
        key = "evaluation.none_different" if rows else "evaluation.none_common"
        return f'<p class="empty">{words(key)}</p>'
    more = min(wanted - compared.shown, 50)
    if more <= 0:
        return ""
    label = words("evaluation.show_more", n=more)
    return f'<button type="button" id="evaluation-more" data-act="more">{label}</button>'


def _controls(words: Words, compared: Compared) -> str:
    measures = [(measure, measure_name(words, measure)) for measure in (*MEASURES, ANSWER)]
    orders = [(order, words(f"evaluation.order_{order}")) for order in ORDERS]
    checked = " checked" if compared.only_different else ""
    query = {"first": compared.first, "second": compared.second, "measure": compared.measure, "order": compared.order}
    address = f"evaluation/differences.csv?{urlencode({**query, 'only': int(compared.only_different)})}"
    return (
        '<div class="controls">'
        f"{_select(words, 'first', options(compared.sides, compared.first))}"
        f"{_select(words, 'second', options(compared.sides, compared.second))}"
        f"{_select(words, 'measure', options(measures, compared.measure))}"
        f"{_select(words, 'order', options(orders, compared.order))}"
        '<label class="check"><input type="checkbox" id="evaluation-only" data-act="compare" data-what="only"'
        f"{checked}> {words('evaluation.only_different')}</label>"
        f'<a class="button" href="{html.escape(address)}" download>{words("evaluation.csv")}</a></div>'
    )


def _select(words: Words, what: str, inside: str) -> str:
    return (
        f'<div><label for="evaluation-{what}">{words(f"evaluation.{what}")}</label>'
        f'<select id="evaluation-{what}" data-act="compare" data-what="{what}">{inside}</select></div>'
    )


def _row(words: Words, row: Row, titles: tuple[dict[str, str], dict[str, str]]) -> str:
    asked = row.first.asked
    sign = "better" if row.difference > 1e-9 else "worse" if row.difference < -1e-9 else "same"
    lists = "".join(
        f"<div><h4>{words(f'evaluation.{side}')}</h4>{_list(words, seen, titles[number])}</div>"
        for number, (side, seen) in enumerate((("first", row.first), ("second", row.second)))
    )
    return (
        f'<details id="evaluation-q-{html.escape(asked.key)}"><summary>'
        f'<span class="text">{html.escape(asked.text)}</span>'
        f'<span class="rank">{_rank(words, "first", row.first)}</span>'
        f'<span class="rank">{_rank(words, "second", row.second)}</span>'
        f'<span class="by {sign}">{signed(row.difference)}</span></summary><div class="lists">{lists}</div></details>'
    )


def _rank(words: Words, side: str, seen: Seen) -> str:
    key = "evaluation.rank" if seen.rank else "evaluation.rank_none"
    return words(key, side=words(f"evaluation.{side}"), rank=seen.rank, kept=KEPT)


def _list(words: Words, seen: Seen, titles: dict[str, str]) -> str:
    items = "".join(
        _item(words, titles.get(name, name), rank_of(seen.asked, [name]) > 0) for name in seen.found.ranking[:_TOP]
    )
    body = f"<ol>{items}</ol>" if items else f'<p class="empty">{words("evaluation.nothing_found")}</p>'
    return f"{body}{_missing(words, seen, titles)}{_answer(words, seen)}"


def _item(words: Words, title: str, expected: bool) -> str:
    mark = f' <span class="mark">✓ {words("evaluation.is_expected")}</span>' if expected else ""
    return f"<li{' class=expected' if expected else ''}>{html.escape(title)}{mark}</li>"


def _missing(words: Words, seen: Seen, titles: dict[str, str]) -> str:
    """The expected documents that the list does not show."""
    grades, shown = seen.asked.grades, seen.found.ranking[:_TOP]
    names = [titles.get(name, name) for name, grade in grades.items() if grade > 0 and name not in shown]
    told = words("evaluation.missing", names=", ".join(names))
    return f'<p class="note">{html.escape(told)}</p>' if names else ""


def _answer(words: Words, seen: Seen) -> str:
    if not seen.asked.answer:
        return ""
    key = "evaluation.answer_at" if seen.found.answer_rank else "evaluation.answer_nowhere"
    return f'<p class="note">{words(key, rank=seen.found.answer_rank)}</p>'
