"""The steps of agents as folds: one line each, and what lies under it."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Literal

from ui.web.words import Words

AGENTS = {"retriever": "R", "assistant": "A", "librarian": "L", "executor": "›_", "critic": "✓"}
"""Agents with a colour and a sign of their own, known by a name that contains the word; others share a neutral one."""

State = Literal["running", "ok", "failed", "stopped"]

_TITLE = 90


@dataclass(frozen=True, kw_only=True)
class Fold:
    """One step. `body` and `badge` are HTML, the badge stands in the line; unless told it is open while the step runs
    and when it failed.
    """

    agent: str
    title: str
    body: str
    state: State = "ok"
    badge: str = ""
    meta: str = ""
    ms: float = 0.0
    is_open: bool | None = None

    def html(self, words: Words) -> str:
        """The step as HTML."""
        title = self.title if len(self.title) <= _TITLE else self.title[: _TITLE - 1] + "…"
        is_open = self.state in ("running", "failed") if self.is_open is None else self.is_open
        meta = joined(self.meta, seconds(self.ms, words))
        return (
            f'<details class="step {self.state} {agent_class(self.agent)}"{" open" if is_open else ""}>'
            f'<summary>{who(self.agent)}<span class="title">{html.escape(title)}</span>{self.badge}'
            f'<span class="meta">{html.escape(meta)}</span></summary>{self.body}</details>'
        )


def agent_class(agent: str) -> str:
    """The CSS class of an agent, from a fixed list whatever the name is."""
    return f"agent-{_known(agent)}"


def who(agent: str) -> str:
    """Sign and name of an agent."""
    sign = html.escape(AGENTS.get(_known(agent), agent[:1].upper()))
    return f'<span class="avatar" aria-hidden="true">{sign}</span><span class="agent">{html.escape(agent)}</span>'


def pre(text: str, kind: str = "output") -> str:
    """Text as it is; nothing when it is blank."""
    return f'<pre class="{kind}" tabindex="0">{html.escape(text)}</pre>' if text.strip() else ""


def note(text: str, kind: str = "note") -> str:
    """A sentence in a fold; nothing when there is none."""
    return f'<p class="{kind}">{html.escape(text)}</p>' if text else ""


def seconds(ms: float, words: Words) -> str:
    """How long it took; nothing when nobody measured."""
    if not ms:
        return ""
    return words("units.seconds", n=f"{ms / 1000:.1f}") if ms >= 50 else words("units.milliseconds", n=f"{ms:.0f}")


def joined(*parts: str) -> str:
    """The parts there are, with dots between them."""
    return " · ".join(part for part in parts if part)


def _known(agent: str) -> str:
    return next((known for known in AGENTS if known in agent.lower()), "other")
