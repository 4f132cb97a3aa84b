"""The figures of one run: a table, the same as bars, and the differences between its strategies, as HTML."""

from __future__ import annotations

import html

from ui.web.evaluation.bars import Bar, bars
from ui.web.evaluation.figures import ANSWER, Difference, Figures
from ui.web.evaluation.prose import joined
from ui.web.evaluation.records import Head
from ui.web.words import Words

_LETTERS = "ABCD"
_ROUNDING = 1e-9
_NAMES = {"ndcg@10": "nDCG@10", "mrr@10": "MRR@10"}


def measure_name(words: Words, measure: str) -> str:
    """A measure as people write it."""
    return words("evaluation.measure_answer") if measure == ANSWER else _NAMES.get(measure, measure)


def result(words: Words, head: Head, figures: Figures) -> str:
    """The run as far as it went."""
    body = _body(words, head, figures) if figures.values else _nothing(words, head)
    title = html.escape(words("evaluation.result", name=head.name))
    return f'<section class="result"><h3>{title}</h3>{_ending(words, head)}{body}</section>'


def _nothing(words: Words, head: Head) -> str:
    return f'<p class="empty">{words("evaluation.nothing_finished")}</p>' if head.state == "running" else ""


def _ending(words: Words, head: Head) -> str:
    if head.state in ("running", "done"):
        return ""
    told = words(f"evaluation.{head.state}", finished=len(head.finished), count=len(head.strategies))
    problem = f"<p>{html.escape(words.remark(head.problem))}</p>" if head.problem else ""
    return f'<div class="{"problem" if head.state == "failed" else "note"}" role="note"><p>{told}</p>{problem}</div>'


def _body(words: Words, head: Head, figures: Figures) -> str:
    notes = [words("evaluation.intervals", n=figures.questions, k=head.k)]
    if figures.with_answer:
        notes.append(words("evaluation.answers_n", n=figures.with_answer))
    if head.skipped:
        notes.append(words("evaluation.skipped", n=head.skipped))
    plots = "".join(_plot(words, number, measure, figures) for number, measure in enumerate(figures.measures))
    return (
        f'{_table(words, figures)}<p class="note">{joined(words, notes)}</p>'
        f'<h4>{words("evaluation.plots")}</h4><div class="plots">{plots}</div>{_pairs(words, figures)}'
    )


def _table(words: Words, figures: Figures) -> str:
    measures = "".join(f'<th scope="col">{measure_name(words, measure)}</th>' for measure in figures.measures)
    rows = "".join(_row(letter, name, figures) for letter, name in zip(_LETTERS, figures.values, strict=False))
    return _wide(
        words("evaluation.result", name=""),
        f'<table><thead><tr><th scope="col">{words("evaluation.strategy")}</th>{measures}'
        f'<th scope="col">{words("evaluation.p50")}</th><th scope="col">{words("evaluation.p95")}</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>",
    )


def _row(letter: str, strategy: str, figures: Figures) -> str:
    values = "".join(
        f"<td><strong>{value.mean:.3f}</strong> <small>[{value.low:.3f}, {value.high:.3f}]</small></td>"
        for value in (figures.values[strategy][measure] for measure in figures.measures)
    )
    p50, p95 = figures.times[strategy]
    return (
        f'<tr><th scope="row">{_letter(letter)} {html.escape(strategy)}</th>{values}'
        f"<td>{p50:.1f}</td><td>{p95:.1f}</td></tr>"
    )


def _letter(letter: str) -> str:
    return f'<span class="letter bar-{_LETTERS.index(letter) + 1}">{letter}</span>'


def _plot(words: Words, number: int, measure: str, figures: Figures) -> str:
    given = [
        Bar(letter=letter, name=name, interval=values[measure])
        for letter, (name, values) in zip(_LETTERS, figures.values.items(), strict=False)
    ]
    told = joined(words, (_told(words, bar) for bar in given))
    title = measure_name(words, measure)
    return f"<figure>{bars(f'evaluation-bars-{number}', title, told, given)}<figcaption>{title}</figcaption></figure>"


def _told(words: Words, bar: Bar) -> str:
    values = {name: f"{getattr(bar.interval, name):.3f}" for name in ("mean", "low", "high")}
    return words("evaluation.bar", name=f"{bar.letter}, {bar.name}", **values)


def _pairs(words: Words, figures: Figures) -> str:
    if not figures.differences:
        return ""
    letters = dict(zip(figures.values, _LETTERS, strict=False))
    measures = "".join(f'<th scope="col">{measure_name(words, measure)}</th>' for measure in figures.measures)
    rows = "".join(
        f'<tr><th scope="row" title="{html.escape(words("evaluation.minus", first=first, second=second))}">'
        f"{_letter(letters[first])} − {_letter(letters[second])}</th>"
        f"{''.join(_difference(by_measure[measure]) for measure in figures.measures)}</tr>"
        for (first, second), by_measure in figures.differences.items()
    )
    chance = words("evaluation.pairs_chance") if len(figures.differences) > 1 else ""
    about = joined(words, [words("evaluation.pairs_about"), chance])
    table = (
        f'<table><thead><tr><th scope="col">{words("evaluation.pair")}</th>{measures}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )
    title = words("evaluation.pairs")
    return f'<h4>{title}</h4>{_wide(title, table)}<p class="note">{about}</p>'


def _difference(difference: Difference) -> str:
    interval = difference.interval
    sure = interval.low > _ROUNDING or interval.high < -_ROUNDING
    p = "p < 0.001" if difference.p < 0.001 else f"p = {difference.p:.3f}"
    mean = signed(interval.mean)
    return (
        f"<td>{f'<strong>{mean}</strong>' if sure else mean}"
        f" <small>[{signed(interval.low)}, {signed(interval.high)}]</small> <small>{html.escape(p)}</small></td>"
    )


def signed(difference: float) -> str:
    """A difference as people write it; what rounds to zero has no sign."""
    text = f"{difference:+.3f}".replace("-", "−")
    return "0.000" if text.endswith("0.000") and abs(difference) < 1 else text


def _wide(label: str, table: str) -> str:
    """A table that scrolls by itself where the screen is narrow, by keyboard as well."""
    return f'<div class="wide" role="region" tabindex="0" aria-label="{html.escape(label)}">{table}</div>'
