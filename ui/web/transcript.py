"""The conversation as HTML, one article per item."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any

from agents.events import ToolReturned
from agents.log.asked import unsupported
from ui.web.approval import decided
from ui.web.artifacts import Tables, shown
from ui.web.evidence import labels
from ui.web.execution import ran
from ui.web.folds import Fold, State, agent_class, joined, pre, seconds, who
from ui.web.markdown import Labels, citation, to_html
from ui.web.source import source
from ui.web.view import Approval, Asked, Called, Item, Problem, Ran, Remark, Returned, Said, Searched, Stopped, View

_NO_TABLES: Tables = {}
_WELCOME = """<article class="welcome"><h2>Ask your documents</h2>
<p>The agents search the knowledge base, answer with numbered citations and show their work here.
Open a number to read the passage it stands for.</p></article>"""


def articles(view: View, tables: Tables = _NO_TABLES) -> list[str]:
    """One piece of HTML per item; an item keeps its place for the life of the conversation.

    Code that waits for a person has none: `approval.panel` shows it.
    """
    known, waiting = labels(view), view.waiting
    in_panel = Approval(request=waiting) if waiting else None
    out = ["" if item == in_panel else _article(item, known, tables) for item in view.items]
    if view.pending:
        out.append(_question(view.pending))
    return out or [_WELCOME]


def status(view: View) -> str:
    """One line about the run, for the eye and the screen reader."""
    words = {
        "idle": "",
        "waiting": "Your question waits for its turn…",
        "running": "Waiting for your approval." if view.waiting else "The agents are at work…",
        "done": "Done.",
        "stopped": "Stopped.",
        "failed": "Ended without an answer.",
    }
    return words[view.phase]


def _article(item: Item, known: Labels, tables: Tables) -> str:
    match item:
        case Asked():
            return _question(item.text)
        case Said():
            return _said(item, known, tables)
        case Searched():
            return _searched(item, known)
        case Called():
            return _called(item)
        case Returned():
            return _returned(item.result)
        case Ran():
            return ran(item, tables)
        case Approval():
            return decided(item)
        case _:
            return _remark(item)


def _remark(item: Problem | Remark | Stopped) -> str:
    """What the application itself says."""
    match item:
        case Problem():
            hint = f"<p>{html.escape(item.failure.hint)}</p>" if item.failure.hint else ""
            return f'<article class="problem" role="alert"><h3>{html.escape(item.failure.message)}</h3>{hint}</article>'
        case Remark():
            return f'<p class="remark">{html.escape(item.text)}</p>'
        case Stopped():
            return '<p class="stopped">You stopped the run. What was said until then is kept.</p>'


def _question(text: str) -> str:
    return f'<article class="question" aria-label="You asked">{html.escape(text)}</article>'


def _said(said: Said, known: Labels, tables: Tables) -> str:
    if said.done and not said.text.strip():
        return ""
    if said.role in ("tool", "retriever"):
        state: State = "ok" if said.done else "running"
        title = " ".join(said.text.split())
        return Fold(agent=said.agent, title=title, body=pre(said.text), state=state, ms=said.ms).html()
    abstained = "not in these documents" if said.outcome and said.outcome.abstained else ""
    broken = "broke off" if said.interrupted else ""
    meta = joined(abstained, broken, seconds(said.ms), f"{said.tokens} tokens" if said.tokens else "")
    made = shown(said.outcome.artifacts, tables) if said.outcome else ""
    return (
        f'<article class="message {agent_class(said.agent)}{" answer" if said.outcome else ""}"'
        f' aria-busy="{str(not said.done).lower()}">'
        f'<header>{who(said.agent)}<span class="meta">{meta}</span></header>'
        f'<div class="prose">{to_html(said.text, known)}</div>{made}{_support(said, known)}</article>'
    )


def _support(said: Said, known: Labels) -> str:
    """What an answer rests on, under it."""
    if said.outcome is None or not said.outcome.citations:
        return ""
    doubts = unsupported(said.outcome.support)
    doubted = "".join(f'<p class="unsupported">Not supported by what it cites: {html.escape(d)}</p>' for d in doubts)
    places = dict(known)
    markers = dict.fromkeys(int(c["marker"]) for c in said.outcome.citations)
    cited = (f"<li>{citation(m, places[m])} {html.escape(places[m])}</li>" for m in markers if m in places)
    return f'{doubted}<footer><ul class="cited" aria-label="Sources of this answer">{"".join(cited)}</ul></footer>'


def _searched(item: Searched, known: Labels) -> str:
    found, places = item.found, dict(known)
    markers = [int(passage["marker"]) for passage in found.passages]
    rows = "".join(f"<li>{citation(m, places[m])} {html.escape(places[m])}</li>" for m in markers)
    ms = sum(float(step.get("ms", 0)) for step in found.steps)
    count = f"{len(markers)} passage{'' if len(markers) == 1 else 's'}"
    title, body = f"searched “{found.query}”", f'<ul class="cited">{rows}</ul>'
    return Fold(agent=found.agent, title=title, body=body, meta=count, ms=ms).html()


def _called(item: Called) -> str:
    call, body = item.call, _arguments(item.call.arguments)
    if not item.done:
        is_open = not item.asked
        return Fold(agent=call.agent, title=f"calls {call.tool}", body=body, state="running", is_open=is_open).html()
    state: State = "ok" if item.returned else "stopped"
    return Fold(agent=call.agent, title=f"called {call.tool}", body=body, state=state).html()


def _arguments(arguments: Mapping[str, Any]) -> str:
    """What a tool was called with: code as code, everything else as JSON."""
    rest, code = dict(arguments), ""
    if isinstance(rest.get("code"), str):
        code = source(rest.pop("code"))
    return code + (pre(json.dumps(rest, ensure_ascii=False, indent=1)) if rest or not code else "")


def _returned(result: ToolReturned) -> str:
    state: State = "ok" if result.ok else "failed"
    title = f"{result.tool} {'returned' if result.ok else 'failed'}"
    return Fold(agent=result.agent, title=title, body=pre(result.content), state=state, ms=result.ms).html()
