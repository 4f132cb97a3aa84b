"""The view of a conversation, folded from its events: live and replay fold the same log with the same rules."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from agents.events import (
    ApprovalAnswered,
    ApprovalRequested,
    CodeRan,
    Compacted,
    Event,
    Failed,
    MessageCompleted,
    ModelCalled,
    Noted,
    Retrieved,
    RunCompleted,
    RunStarted,
    TokenDelta,
    ToolCalled,
    ToolReturned,
    TurnPlanned,
)
from ui.web.view import Approval, Asked, Called, Item, Problem, Ran, Remark, Returned, Said, Searched, Stopped, View

_I = TypeVar("_I", Said, Called, Ran, Approval)


def asked(view: View, question: str) -> View:
    """The view from the moment a question is sent until its run begins."""
    return replace(view, pending=question, phase="waiting")


def reduce(view: View, event: Event) -> View:
    """The view after one more event."""
    return _apply(event, view)


def replay(events: Iterable[Event]) -> View:
    """The view of a whole log."""
    return functools.reduce(reduce, events, View())


@functools.singledispatch
def _apply(event: Event, view: View) -> View:  # noqa: ARG001
    raise TypeError(f"{type(event).__name__} is not an event.")


@_apply.register
def _(event: RunStarted, view: View) -> View:
    return replace(_add(view, Asked(text=event.question, seq=event.seq)), phase="running", pending="")


@_apply.register
def _(event: Retrieved, view: View) -> View:
    found = {int(passage["marker"]): passage for passage in event.passages}
    return replace(_add(view, Searched(found=event)), passages={**view.passages, **found})


@_apply.register
def _(event: TokenDelta, view: View) -> View:
    place = _open_message(view, event.message_id)
    if place is None:
        return _add(view, Said(agent=event.agent, message_id=event.message_id, text=event.text))
    return _put(view, place[0], replace(place[1], text=place[1].text + event.text))


@_apply.register
def _(event: MessageCompleted, view: View) -> View:
    if _repeats(view, event):
        return view
    said = Said(
        agent=event.agent,
        message_id=event.message_id,
        text=event.content,
        role=event.role,
        done=True,
        tokens=event.completion_tokens,
        ms=event.ms,
        interrupted=event.interrupted,
        seq=event.seq,
    )
    place = _open_message(view, event.message_id)
    return _add(view, said) if place is None else _put(view, place[0], said)


@_apply.register
def _(event: ToolCalled, view: View) -> View:
    return _add(view, Called(call=event))


@_apply.register
def _(event: ToolReturned, view: View) -> View:
    place = _last(view, Called, lambda called: called.call.call_id == event.call_id and not called.done)
    if place is not None:
        view = _put(view, place[0], replace(place[1], returned=event, done=True))
    shown = _last(view, Ran, lambda ran: ran.code.call_id == event.call_id)
    return view if shown else _add(view, Returned(result=event))


@_apply.register
def _(event: CodeRan, view: View) -> View:
    return _add(view, Ran(code=event))


@_apply.register
def _(event: ApprovalRequested, view: View) -> View:
    place = _last(view, Called, lambda called: called.call.call_id == event.call_id and not called.done)
    if place is not None:
        view = _put(view, place[0], replace(place[1], asked=True))
    return _add(view, Approval(request=event))


@_apply.register
def _(event: ApprovalAnswered, view: View) -> View:
    place = _last(view, Approval, lambda approval: approval.request.approval_id == event.approval_id)
    return view if place is None else _put(view, place[0], replace(place[1], answer=event))


@_apply.register
def _(event: Noted, view: View) -> View:
    return _add(view, Remark(text=event.text))


@_apply.register
def _(event: Compacted, view: View) -> View:  # noqa: ARG001 - what it says is for the model
    return _add(view, Remark(text="The earlier part of this conversation was summarised for the model."))


@_apply.register(TurnPlanned)
@_apply.register(ModelCalled)
def _(event: Event, view: View) -> View:  # noqa: ARG001 - for the trace
    return view


@_apply.register
def _(event: Failed, view: View) -> View:
    return replace(_add(_closed(view), Problem(failure=event)), phase="failed")


@_apply.register
def _(event: RunCompleted, view: View) -> View:
    view = _closed(view)
    if event.answer:
        view = _with_answer(view, event)
    return replace(_add(view, Stopped()), phase="stopped") if event.stopped else replace(view, phase="done")


def _repeats(view: View, event: MessageCompleted) -> bool:
    """Whether the message says again what its own events have shown: a question, passages, a tool's result."""
    if event.role == "user":
        return any(isinstance(item, Asked) and item.text == event.content for item in view.items)
    shown = {_work(item) for item in view.items[_begin(view) :]}
    return event.role in ("retriever", "tool") and event.agent in shown


def _work(item: Item) -> str | None:
    """Who did the work that an item shows."""
    match item:
        case Searched():
            return item.found.agent
        case Returned():
            return item.result.agent
        case Ran():
            return item.code.agent
    return None


def _with_answer(view: View, outcome: RunCompleted) -> View:
    """Mark the message that says the answer; an answer nobody said is added, so that it is never lost."""
    quotes = dict(view.quotes)
    for citation in outcome.citations:
        marker = int(citation["marker"])
        quotes[marker] = tuple(dict.fromkeys((*quotes.get(marker, ()), str(citation["quote"]))))
    view = replace(view, quotes=quotes)
    if outcome.artifacts:
        view = _answered(view)
    place = _last(view, Said, lambda said: said.role == "assistant" and _words(outcome.answer) in _words(said.text))
    if place is None or place[0] < _begin(view):
        return _add(view, Said(agent="assistant", message_id="", text=outcome.answer, done=True, outcome=outcome))
    return _put(view, place[0], replace(place[1], text=outcome.answer, outcome=outcome))


def _answered(view: View) -> View:
    """The view whose newest answer shows what the code of its run made."""
    begin, items = _begin(view), view.items
    work = (replace(item, answered=True) if isinstance(item, Ran) else item for item in items[begin:])
    return replace(view, items=(*items[:begin], *work))


def _begin(view: View) -> int:
    """Where the newest run begins."""
    return max((index for index, item in enumerate(view.items) if isinstance(item, Asked)), default=0)


def _words(text: str) -> str:
    """The text without its markers and spaces: what stays the same when an answer's citations are checked."""
    return re.sub(r"\[\d+\]|\s", "", text)


def _closed(view: View) -> View:
    """The view with everything ended that was under way."""
    if view.pending:
        view = replace(_add(view, Asked(text=view.pending)), pending="")
    items = (replace(item, done=True) if isinstance(item, (Said, Called, Approval)) else item for item in view.items)
    return replace(view, items=tuple(items))


def _open_message(view: View, message_id: str) -> tuple[int, Said] | None:
    return _last(view, Said, lambda said: said.message_id == message_id and not said.done)


def _last(view: View, kind: type[_I], wanted: Callable[[_I], bool]) -> tuple[int, _I] | None:
    for index in range(len(view.items) - 1, -1, -1):
        item: Any = view.items[index]
        if isinstance(item, kind) and wanted(item):
            return index, item
    return None


def _add(view: View, item: Item) -> View:
    return replace(view, items=(*view.items, item))


def _put(view: View, index: int, item: Item) -> View:
    return replace(view, items=(*view.items[:index], item, *view.items[index + 1 :]))
