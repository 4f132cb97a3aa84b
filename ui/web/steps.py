"""What agents searched for, which tools they called and what those gave back, as HTML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agents.events import ToolReturned
from ui.web.folds import Fold, State, pre
from ui.web.markdown import Labels, citations
from ui.web.source import source
from ui.web.view import Called, Searched
from ui.web.words import Words


def searched(item: Searched, known: Labels, words: Words) -> str:
    """Passages that were found."""
    found = item.found
    markers = [int(passage["marker"]) for passage in found.passages]
    return Fold(
        agent=found.agent,
        title=words("transcript.searched", query=found.query),
        body=f'<ul class="cited">{citations(markers, known, words)}</ul>',
        meta=words("transcript.passages", n=len(markers)),
        ms=sum(float(step.get("ms", 0)) for step in found.steps),
    ).html(words)


def called(item: Called, words: Words) -> str:
    """A tool that was called; open while it runs, unless a person is asked about it."""
    call = item.call
    ended: State = "ok" if item.returned else "stopped"
    return Fold(
        agent=call.agent,
        title=words("transcript.called" if item.done else "transcript.calls", tool=call.tool),
        body=_arguments(call.arguments),
        state=ended if item.done else "running",
        is_open=not item.done and not item.asked,
    ).html(words)


def _arguments(arguments: Mapping[str, Any]) -> str:
    """What a tool was called with: code as code, everything else as JSON."""
    rest, code = dict(arguments), ""
    if isinstance(rest.get("code"), str):
        code = source(rest.pop("code"))
    return code + (pre(json.dumps(rest, ensure_ascii=False, indent=1)) if rest or not code else "")


def returned(result: ToolReturned, words: Words) -> str:
    """What a tool gave back."""
    state: State = "ok" if result.ok else "failed"
    title = words("transcript.returned" if result.ok else "transcript.tool_failed", tool=result.tool)
    return Fold(agent=result.agent, title=title, body=pre(result.content), state=state, ms=result.ms).html(words)
