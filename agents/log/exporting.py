"""A conversation as a document: Markdown to read, JSON to keep; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import PurePath
from typing import Any

from agents import events as kinds
from agents.log.asked import Asked, asked, unsupported
from agents.log.foreign_markdown import contained, fenced, quoted, words
from agents.log.usage import bill
from agents.ports import ConversationInfo
from retrieval.locations import is_address

_SILENT = ("tool", "retriever")
"""Roles whose messages repeat what other events say better."""


def as_markdown(info: ConversationInfo, events: Iterable[kinds.Event]) -> str:
    """The questions, what was said and done about each, the answers and what they cite. Times are UTC.

    What people, documents, models and tools wrote stays in its place: code behind long fences, everything but the
    answer quoted, no HTML, images or headings of the document's own levels.
    """
    blocks = [f"# {words(info.title) or 'Conversation'}", _facts(info)]
    for number, each in enumerate(asked(events), 1):
        blocks += [f"## Question {number}", quoted(contained(each.started.question)), *_run(each)]
    return "\n\n".join(blocks) + "\n"


def as_json(info: ConversationInfo, events: Iterable[kinds.Event]) -> dict[str, Any]:
    """`{info, events, usage}`: everything; each event's JSON text is what `agents.events.from_json` reads."""
    everything = list(events)
    return {
        "info": asdict(info),
        "events": [kinds.as_dict(event) for event in everything],
        "usage": bill(everything).as_dict(),
    }


def _facts(info: ConversationInfo) -> str:
    when = datetime.fromtimestamp(info.created_at, timezone.utc)
    told = {
        "Date": f"{when:%Y-%m-%d %H:%M} UTC",
        "Knowledge base": words(info.kb),
        "Team": words(info.team),
        "Strategy": words(info.strategy),
        "Model": words(info.model),
    }
    return "\n".join(f"- {name}: {value}" for name, value in told.items() if value)


def _run(run: Asked) -> Iterator[str]:
    done = [block for event in run.events if event is not _said(run) for block in _block(event, run)]
    if done:
        yield "### Discussion"
        yield from done
    yield "### Answer"
    yield from _answer(run.end)
    if run.citations:
        yield "### Sources"
        yield "\n".join(_source(citation) for citation in run.citations)


def _said(run: Asked) -> kinds.Event | None:
    """The message that is the answer."""
    messages = [event for event in run.events if isinstance(event, kinds.MessageCompleted)]
    return next((m for m in reversed(messages) if m.content.strip() == run.answer.strip()), None)


def _block(event: kinds.Event, run: Asked) -> Iterator[str]:
    """What an event is worth reading for; nothing for most."""
    match event:
        case kinds.TurnPlanned() if event.query != run.started.question:
            yield f"Searched for: {words(event.query)}"
        case kinds.Retrieved():
            count = f"{len(event.passages)} passage{'s' * (len(event.passages) != 1)}"
            yield f"**{words(event.agent)}** found {count} for “{words(event.query)}”."
        case kinds.MessageCompleted() if event.role not in _SILENT and event.content.strip():
            yield f"**{words(event.agent)}**{' (interrupted)' * event.interrupted}:"
            yield quoted(contained(event.content))
        case kinds.CodeRan():
            yield from _code(event)
        case kinds.Noted():
            yield f"Note: {words(event.text)}"


def _code(event: kinds.CodeRan) -> Iterator[str]:
    yield f"**{words(event.agent)}** ran {event.language} ({words(event.backend)}: {event.status}):"
    yield fenced(event.code, event.language)
    output = "\n".join(text.rstrip("\n") for text in (event.stdout, event.stderr) if text.strip())
    if output:
        yield "Output:"
        yield fenced(output, "text")
    yield from _files(event.artifacts)


def _files(made: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    names = ", ".join(f"{words(file['name'])} ({file['bytes']:,} bytes)" for file in made)
    if names:
        yield f"Files: {names}"


def _answer(end: kinds.RunCompleted | kinds.Failed | None) -> Iterator[str]:
    if end is None:
        yield "There is none yet."
    elif isinstance(end, kinds.Failed):
        yield f"There is none. {words(end.message)} {words(end.hint)}".rstrip()
    else:
        yield contained(end.answer) or "There is none."
        if end.stopped:
            yield "Stopped here."
        if sentences := unsupported(end.support):
            yield "Not supported by what it cites:"
            yield "\n".join(f"- “{words(sentence)}”" for sentence in sentences)
        yield from _files(end.artifacts)


def _source(citation: Mapping[str, Any]) -> str:
    source = citation["source"]
    file = source if is_address(source) else PurePath(source).name or source
    page = f", page {citation['page']}" if citation["page"] else ""
    return f"- [{citation['marker']}] {words(file)}{page}: “{words(citation['quote'])}”"
