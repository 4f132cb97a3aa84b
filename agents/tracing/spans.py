"""The trace of a conversation, derived from its events: one tree of spans for each question; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from agents import events as kinds
from agents.log.asked import runs
from agents.tracing.attributes import Attribute, attributes, step_attributes, team_name, tool_name

INTERRUPTED = "interrupted"
"""The error of what had no end in the log: its process was killed, or its run was over before it."""

_SPEAKERS = ("assistant", "critic", "guest")
_Times = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Span:
    """One thing that took time, as OpenTelemetry has it; `parent_id` is empty for the root.

    `trace_id` has 32 hex digits and is the same for a run whenever it is derived, `span_id` has 16; `start` and `end`
    are seconds since 1970.
    """

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: Literal["internal", "client"] = "internal"
    start: float
    end: float
    attributes: Mapping[str, Attribute]
    status: Literal["ok", "error"] = "ok"
    status_message: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The span as it stands in JSON, with its `ms`."""
        return {**asdict(self), "ms": round((self.end - self.start) * 1000, 3)}


def spans(events: Iterable[kinds.Event], *, content: bool) -> list[Span]:
    """The spans of all runs in `events`, which are in the order of the log; a root stands before what is in it.

    Without `content` they hold nothing that users, documents, models or tools wrote: names, counts and sizes only.
    """
    return [span for run in runs(events) for span in _Run(run, content=content).spans()]


@dataclass(frozen=True, kw_only=True)
class _Holder:
    """What other spans can lie in: a span that starts at `start` and takes in the events between two numbers."""

    span_id: str
    start: float
    after: float
    before: float


class _Run:
    """One question's events on their way to spans."""

    def __init__(self, events: Sequence[kinds.Event], *, content: bool) -> None:
        self._events, self._content, self._started = events, content, events[0]
        self._ended = next((event for event in events if isinstance(event, kinds.RunCompleted | kinds.Failed)), None)
        self._end = (self._ended or events[-1]).at
        self._trace_id = _digest(f"{self._started.conversation_id}:{self._started.seq}", 32)
        self._returned = {event.call_id: event for event in events if isinstance(event, kinds.ToolReturned)}
        self._answered = {event.approval_id: event for event in events if isinstance(event, kinds.ApprovalAnswered)}
        self._told = {e.message_id for e in events if isinstance(e, kinds.ModelCalled)}
        self._closed = {e.message_id for e in events if isinstance(e, kinds.MessageCompleted)} | self._told
        self._tools = {e.call_id: self._id(e) for e in events if isinstance(e, kinds.ToolCalled)}
        self._holders = [holder for event in events if (holder := self._holder(event))]

    def spans(self) -> Iterator[Span]:
        """All spans, the root first."""
        yield self._turn()
        for event in self._events:
            yield from self._made(event)

    def _made(self, event: kinds.Event) -> Iterator[Span]:
        match event:
            case kinds.TurnPlanned():
                yield self._span(event, "plan", _took(event))
            case kinds.Retrieved():
                yield from self._retrieval(event)
            case kinds.ModelCalled():
                span = self._span(event, f"chat {event.model}".rstrip(), _took(event))
                yield _failed(replace(span, kind="client"), event.error_type)
            case kinds.MessageCompleted() | kinds.TokenDelta():
                yield from self._message(event)
            case kinds.ToolCalled():
                yield self._tool(event)
            case kinds.ApprovalRequested():
                yield self._approval(event)
            case kinds.CodeRan():
                error = "" if event.status == "ok" else f"Code{event.status.title()}"
                yield _failed(self._span(event, f"run_code {event.language}", _took(event)), error)
            case kinds.Noted():
                yield self._span(event, f"note {event.kind}", (event.at, event.at))
            case kinds.Compacted():
                yield self._span(event, "compact", (event.at, event.at))

    def _turn(self) -> Span:
        started, ended = self._started, self._ended
        assert isinstance(started, kinds.RunStarted)
        name = f"invoke_workflow {team_name(started.team)}"
        span = self._with(replace(self._span(started, name, (started.at, self._end)), parent_id=""), ended)
        if isinstance(ended, kinds.Failed):
            said = f"{ended.message} {ended.hint}".rstrip() if self._content else ended.error_type
            return replace(_failed(span, ended.error_type), status_message=said)
        return _failed(span, "" if ended else INTERRUPTED)

    def _retrieval(self, event: kinds.Retrieved) -> Iterator[Span]:
        """The steps one after the other, the last of them up to the event."""
        begin = event.at - sum(step["ms"] for step in event.steps) / 1000
        whole = self._span(event, "retrieval", (begin, event.at))
        yield whole
        for number, step in enumerate(event.steps):
            end = begin + step["ms"] / 1000
            told = {**self._conversation, **step_attributes(step, content=self._content)}
            start, until = max(whole.start, begin), max(whole.start, min(end, whole.end))
            yield replace(
                whole,
                span_id=self._id(event, f"step {number}"),
                parent_id=whole.span_id,
                name=step["name"],
                start=min(start, until),
                end=until,
                attributes=told,
            )
            begin = end

    def _message(self, event: kinds.MessageCompleted | kinds.TokenDelta) -> Iterator[Span]:
        """What an agent said without a request to a model that the log has, or began to say and never ended."""
        name = f"invoke_agent {event.agent}"
        if isinstance(event, kinds.MessageCompleted):
            if event.role in _SPEAKERS and event.message_id not in self._told:
                yield _failed(self._span(event, name, _took(event)), INTERRUPTED if event.interrupted else "")
        elif event.message_id not in self._closed:
            self._closed.add(event.message_id)
            yield _failed(self._span(event, name, (event.at, self._end)), INTERRUPTED)

    def _tool(self, event: kinds.ToolCalled) -> Span:
        returned = self._returned.get(event.call_id)
        times = (event.at, returned.at if returned else self._end)
        span = self._with(self._span(event, f"execute_tool {tool_name(event.tool)}", times), returned)
        if returned is None:
            return _failed(span, INTERRUPTED)
        return _failed(span, "" if returned.ok else returned.error_type or "ToolError")

    def _approval(self, event: kinds.ApprovalRequested) -> Span:
        answered = self._answered.get(event.approval_id)
        span = self._span(event, "wait_for_approval", (event.at, answered.at if answered else self._end))
        return _failed(self._with(span, answered), "" if answered else INTERRUPTED)

    def _span(self, event: kinds.Event, name: str, times: _Times) -> Span:
        begin, end = times
        return Span(
            trace_id=self._trace_id,
            span_id=self._id(event),
            parent_id=self._parent(event, begin),
            name=name,
            start=min(max(begin, self._started.at), end),
            end=end,
            attributes={**self._conversation, **attributes(event, content=self._content)},
        )

    def _with(self, span: Span, event: kinds.Event | None) -> Span:
        more = attributes(event, content=self._content) if event else {}
        return replace(span, attributes={**span.attributes, **more})

    @property
    def _conversation(self) -> dict[str, Attribute]:
        return {"gen_ai.conversation.id": self._started.conversation_id}

    def _parent(self, event: kinds.Event, begin: float) -> str:
        """The tool call it belongs to, else the first to end of those it lies in, else the root."""
        if isinstance(event, kinds.CodeRan | kinds.ApprovalRequested) and event.call_id in self._tools:
            return self._tools[event.call_id]
        around = [h for h in self._holders if h.after < event.seq < h.before and h.start <= begin]
        return min(around, key=lambda h: h.before).span_id if around else self._id(self._started)

    def _holder(self, event: kinds.Event) -> _Holder | None:
        if isinstance(event, kinds.TurnPlanned):
            after, before, start = self._started.seq, float(event.seq), _took(event)[0]
        elif isinstance(event, kinds.ToolCalled):
            returned = self._returned.get(event.call_id)
            after, before, start = event.seq, returned.seq if returned else float("inf"), event.at
        else:
            return None
        return _Holder(span_id=self._id(event), start=start, after=after, before=before)

    def _id(self, event: kinds.Event, part: str = "") -> str:
        return _digest(f"{self._trace_id}:{event.seq}:{part}", 16)


def _took(event: kinds.TurnPlanned | kinds.ModelCalled | kinds.MessageCompleted | kinds.CodeRan) -> _Times:
    return event.at - event.ms / 1000, event.at


def _failed(span: Span, error: str) -> Span:
    if not error:
        return span
    return replace(span, status="error", status_message=error, attributes={**span.attributes, "error.type": error})


def _digest(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
