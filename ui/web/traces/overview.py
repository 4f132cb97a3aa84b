"""What stands around a timeline: which turn it is of, and what its models cost; pure."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from agents.log.asked import Asked
from agents.log.usage import Usage, bill
from agents.ports import ConversationInfo
from ui.one_line import flat
from ui.visible import visible
from ui.web.traces.turn import Turn
from ui.web.words import Words

_LABEL_CHARS = 70


def nothing(words: Words) -> str:
    """Before anything was asked."""
    return f'<p class="empty">{html.escape(words("traces.nothing"))}</p>'


def chooser(infos: Sequence[ConversationInfo], turn: Turn, words: Words) -> str:
    """Two lists to choose from, conversation and question, and a link that saves the turn."""
    talks = "".join(_option(info.id, _titled(info), chosen=info.id == turn.info.id) for info in infos)
    turns = "".join(
        _option(str(number), f"{number}. {question}", chosen=number == turn.number)
        for number, question in enumerate(turn.questions, 1)
    )
    address = html.escape(f"/traces/{turn.info.id}/{turn.number}")
    return (
        f"{_list('conversation', words('traces.conversation'), talks)}{_list('run', words('traces.question'), turns)}"
        f'<a href="{address}" download>{html.escape(words("traces.download"))}</a>'
    )


def totals(asked: Asked, words: Words) -> str:
    """A row an agent whose model was called, and one for all of them."""
    whole = bill(asked.events)
    if not whole.total.calls:
        return f'<p class="empty">{html.escape(words("traces.no_calls"))}</p>'
    heads = "".join(f'<th scope="col">{html.escape(words(f"traces.{name}"))}</th>' for name in _COLUMNS)
    rows = [_row(visible(flat(name)), use, whole.seconds[name]) for name, use in whole.agents.items()]
    rows.append(_row(words("traces.all"), whole.total, sum(whole.seconds.values())))
    caption = html.escape(words("traces.totals"))
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{caption}"><table><caption>{caption}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


_COLUMNS = ("agent", "model_calls", "tokens_in", "tokens_out", "seconds", "cost")


def _row(name: str, use: Usage, seconds: float) -> str:
    cost = f"${use.cost:.6f}" if use.cost else "–"
    cells = (f"{use.calls:,}", f"{use.prompt_tokens:,}", f"{use.completion_tokens:,}", f"{seconds:,.1f}", cost)
    return f'<tr><th scope="row">{html.escape(name)}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _titled(info: ConversationInfo) -> str:
    when = datetime.fromtimestamp(info.created_at).astimezone()
    return f"{when:%Y-%m-%d %H:%M} · {info.title}"


def _list(name: str, label: str, options: str) -> str:
    return (
        f'<div class="choice"><label for="trace-{name}">{html.escape(label)}</label>'
        f'<select id="trace-{name}" name="{name}">{options}</select></div>'
    )


def _option(value: Any, label: str, *, chosen: bool) -> str:
    shown = visible(flat(label))
    cut = f"{shown[: _LABEL_CHARS - 1]}…" if len(shown) > _LABEL_CHARS else shown
    return f'<option value="{html.escape(value)}"{" selected" if chosen else ""}>{html.escape(cut)}</option>'
