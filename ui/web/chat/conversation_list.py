"""The conversations of a person, latest first, as HTML."""

from __future__ import annotations

import html
import time
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby

from agents.ports import ConversationInfo
from ui.web.words import Words

_MOST = 300
"""Conversations listed; the others are found by searching."""


def conversation_list(infos: Sequence[ConversationInfo], words: Words) -> str:
    """Links under the day they are from; the page's script marks the one that is open."""
    if not infos:
        return f'<p class="empty">{words("talk.no_conversations")}</p>'
    days = groupby(infos[:_MOST], key=lambda info: _day(info.created_at, words))
    more = f'<p class="empty">{words("talk.more_found", n=len(infos) - _MOST)}</p>' if len(infos) > _MOST else ""
    return "".join(_group(day, group) for day, group in days) + more


def _group(day: str, infos: Iterable[ConversationInfo]) -> str:
    return f'<h3>{html.escape(day)}</h3><ul class="conversations">{"".join(map(_entry, infos))}</ul>'


def _entry(info: ConversationInfo) -> str:
    title, branched = html.escape(info.title or "…"), '<span aria-hidden="true">↳ </span>' if info.parent else ""
    conversation = html.escape(info.id)
    return (
        f'<li><a href="?c={conversation}" data-conversation="{conversation}" title="{title} · {html.escape(info.kb)}">'
        f"{branched}{title}</a></li>"
    )


def _day(at: float, words: Words) -> str:
    """Today, yesterday, or the date."""
    then, today = date.fromtimestamp(at), date.fromtimestamp(time.time())
    days = (today - then).days
    return words("talk.today") if days <= 0 else words("talk.yesterday") if days == 1 else then.isoformat()
