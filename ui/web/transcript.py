"""The conversation as HTML, one article per item."""

from __future__ import annotations

import html
import json
from typing import Literal

from agents.events import CodeRan, ToolReturned
from ui.web.evidence import labels
from ui.web.markdown import Labels, citation, to_html
from ui.web.view import Approval, Asked, Called, Item, Problem, Ran, Returned, Said, Searched, Stopped, View

AGENTS = {"retriever": "R", "assistant": "A", "librarian": "L", "executor": "›_", "critic": "✓"}
"""Agents with a colour and a sign of their own, known by a name that contains the word; others share a neutral one."""

State = Literal["running", "ok", "failed", "stopped"]

_TITLE = 90
_WELCOME = """<article class="welcome"><h2>Ask your documents</h2>
<p>The agents search the knowledge base, answer with numbered citations and show their work here.
Open a number to read the passage it stands for.</p></article>"""


def articles(view: View) -> list[str]:
    """One piece of HTML per item; an item keeps its place for the life of the conversation."""
    known = labels(view)
    out = [_article(item, known) for item in view.items]
    if view.pending:
        out.append(_question(view.pending))
    return out or [_WELCOME]


def status(view: View) -> str:
    """One line about the run, for the eye and the screen reader."""
    words = {
        "idle": "",
        "waiting": "Your question waits for its turn…",
        "running": "The agents are at work…",
        "done": "Done.",
        "stopped": "Stopped.",
        "failed": "Ended without an answer.",
    }
    return words[view.phase]


def agent_class(agent: str) -> str:
    """The CSS class of an agent, from a fixed list whatever the name is."""
    return f"agent-{_known(agent)}"


def _article(item: Item, known: Labels) -> str:
    match item:
        case Asked():
            return _question(item.text)
        case Said():
            return _said(item, known)
        case Searched():
            return _searched(item, known)
        case Called():
            return _called(item)
        case Returned():
            return _returned(item.result)
        case Ran():
            return _ran(item.code)
        case Approval():
            return _approval(item)
        case Problem():
            hint = f"<p>{html.escape(item.failure.hint)}</p>" if item.failure.hint else ""
            return f'<article class="problem" role="alert"><h3>{html.escape(item.failure.message)}</h3>{hint}</article>'
        case Stopped():
            return '<p class="stopped">You stopped the run. What was said until then is kept.</p>'


def _question(text: str) -> str:
    return f'<article class="question" aria-label="You asked">{html.escape(text)}</article>'


def _said(said: Said, known: Labels) -> str:
    if said.done and not said.text.strip():
        return ""
    if said.role in ("tool", "retriever"):
        title = " ".join(said.text.split())
        return _step(said.agent, title, _pre(said.text), state="ok" if said.done else "running", ms=said.ms)
    abstained = "not in these documents" if said.outcome and said.outcome.abstained else ""
    meta = _joined(abstained, _seconds(said.ms), f"{said.tokens} tokens" if said.tokens else "")
    return (
        f'<article class="message {agent_class(said.agent)}{" answer" if said.outcome else ""}"'
        f' aria-busy="{str(not said.done).lower()}">'
        f'<header>{_who(said.agent)}<span class="meta">{meta}</span></header>'
        f'<div class="prose">{to_html(said.text, known)}</div>{_support(said, known)}</article>'
    )


def _support(said: Said, known: Labels) -> str:
    """What an answer rests on, under it."""
    if said.outcome is None or not said.outcome.citations:
        return ""
    places = dict(known)
    markers = dict.fromkeys(int(c["marker"]) for c in said.outcome.citations)
    cited = (f"<li>{citation(m, places[m])} {html.escape(places[m])}</li>" for m in markers if m in places)
    return f'<footer><ul class="cited" aria-label="Sources of this answer">{"".join(cited)}</ul></footer>'


def _searched(item: Searched, known: Labels) -> str:
    found, places = item.found, dict(known)
    markers = [int(passage["marker"]) for passage in found.passages]
    rows = "".join(f"<li>{citation(m, places[m])} {html.escape(places[m])}</li>" for m in markers)
    ms = sum(float(step.get("ms", 0)) for step in found.steps)
    count = f"{len(markers)} passage{'' if len(markers) == 1 else 's'}"
    return _step(found.agent, f"searched “{found.query}”", f'<ul class="cited">{rows}</ul>', meta=count, ms=ms)


def _called(item: Called) -> str:
    body = _pre(json.dumps(dict(item.call.arguments), ensure_ascii=False, indent=1))
    if item.done:
        return _step(item.call.agent, f"called {item.call.tool}", body, state="ok" if item.returned else "stopped")
    return _step(item.call.agent, f"calls {item.call.tool}", body, state="running")


def _returned(result: ToolReturned) -> str:
    state: State = "ok" if result.ok else "failed"
    title = f"{result.tool} {'returned' if result.ok else 'failed'}"
    return _step(result.agent, title, _pre(result.content), state=state, ms=result.ms)


def _ran(code: CodeRan) -> str:
    state: State = "ok" if code.status == "ok" else "failed"
    body = _pre(code.code) + _pre(code.stdout) + _pre(code.stderr, "stderr")
    meta = _joined(code.status, code.backend, f"{code.isolation} isolation")
    return _step(code.agent, "ran Python", body, state=state, meta=meta, ms=code.ms)


def _approval(item: Approval) -> str:
    agent, body = item.request.agent, _pre(item.request.code)
    if item.answer is None:
        return _step(agent, "asks to run code", body, state="running")
    verdict = "was allowed to run code" if item.answer.approved else "was not allowed to run code"
    return _step(agent, verdict, body, state="ok", meta=item.answer.reason)


def _step(agent: str, title: str, body: str, *, state: State = "ok", meta: str = "", ms: float = 0.0) -> str:
    """One fold: open while it runs and when it failed."""
    title = title if len(title) <= _TITLE else title[: _TITLE - 1] + "…"
    return (
        f'<details class="step {state} {agent_class(agent)}"{" open" if state in ("running", "failed") else ""}>'
        f'<summary>{_who(agent)}<span class="title">{html.escape(title)}</span>'
        f'<span class="meta">{html.escape(_joined(meta, _seconds(ms)))}</span></summary>{body}</details>'
    )


def _who(agent: str) -> str:
    sign = html.escape(AGENTS.get(_known(agent), agent[:1].upper()))
    return f'<span class="avatar" aria-hidden="true">{sign}</span><span class="agent">{html.escape(agent)}</span>'


def _known(agent: str) -> str:
    return next((known for known in AGENTS if known in agent.lower()), "other")


def _pre(text: str, kind: str = "output") -> str:
    return f'<pre class="{kind}" tabindex="0">{html.escape(text)}</pre>' if text.strip() else ""


def _seconds(ms: float) -> str:
    return f"{ms / 1000:.1f} s" if ms >= 50 else f"{ms:.0f} ms" if ms else ""


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
