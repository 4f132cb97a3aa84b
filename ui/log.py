"""What happened in a conversation as text for people, step by step; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from agents.sandbox.output import plain
from ui.one_line import flat, short
from ui.visible import visible

Result = dict[str, Any]

INTERRUPTED = "… [interrupted]"

_SHOWN_AS_IT_IS = ("arguments", "code")


def events(document: Result) -> str:
    """The whole of a conversation: questions, messages, calls, approvals, code and results in their order."""
    return "\n\n".join(_all(document["events"]))


def step(event: Result, *, question: str = "") -> str:
    """One event of the run that answers `question`; empty for what other events say better."""
    tell = _TOLD.get(event["type"])
    if tell is None or (event["type"] == "TurnPlanned" and event["query"] == question):
        return ""
    return tell({k: v if k in _SHOWN_AS_IT_IS else _plain(v) for k, v in event.items()})


def files(made: Iterable[Result]) -> list[str]:
    """One line for each file that code made: where it is on this machine."""
    return [f"{file['name']} ({file['bytes']:,} bytes): {file['path']}" for file in made]


def _all(events: Sequence[Result]) -> Iterator[str]:
    ran = {event["call_id"] for event in events if event["type"] == "CodeRan"}
    question = ""
    for event in events:
        if event["type"] == "RunStarted":
            question = event["question"]
        shown_elsewhere = event["type"] == "ToolReturned" and event["call_id"] in ran
        if not shown_elsewhere and (told := step(event, question=question)):
            yield told


def _started(event: Result) -> str:
    return f"user: {event['question']}"


def _planned(event: Result) -> str:
    return f"searched for: {event['query']}"


def _message(event: Result) -> str:
    if event["role"] == "tool":
        return ""
    guest = " (guest)" if event["role"] == "guest" else ""
    return f"{event['agent']}{guest}: {event['content']}{INTERRUPTED if event['interrupted'] else ''}"


def _noted(event: Result) -> str:
    return f"note: {flat(event['text'])}"


def _compacted(event: Result) -> str:
    tokens = f"{event['tokens_before']:,} tokens became {event['tokens_after']:,}"
    return f"note: What was said up to here is kept as a summary ({tokens})."


def _called(event: Result) -> str:
    arguments = ", ".join(f"{_short(name)}={_short(value)}" for name, value in event["arguments"].items())
    return f"{event['agent']} calls {event['tool']}({arguments})"


def _returned(event: Result) -> str:
    failed = "" if event["ok"] else f" failed{_in_brackets(event['error_type'])}"
    return f"{event['agent']}: {event['tool']}{failed}: {_short(event['content'])}"


def _requested(event: Result) -> str:
    within = f" (answer within {event['timeout_s']:g} s)" if event["timeout_s"] else ""
    return f"{event['agent']} asks to run {event['language']}: {event['reason']}{within}\n{_block(event['code'])}"


def _answered(event: Result) -> str:
    reason = f": {event['reason']}" if event["reason"] else ""
    verdict = "allowed with changes" if event["edited"] else "allowed" if event["approved"] else "not allowed"
    return f"user: {verdict}{reason}"


def _ran(event: Result) -> str:
    where = event["backend"] if event["isolation"] == "full" else f"{event['backend']}, {event['isolation']} isolation"
    lines = [f"{event['agent']} ran {event['language']} [{where}: {event['status']}]", _block(event["code"])]
    lines += [text.rstrip("\n") for text in (event["stdout"], event["stderr"]) if text.strip()]
    lines += ["The variables made before are gone."] if event["state_lost"] else []
    return "\n".join([*lines, *files(event["artifacts"])])


def _failed(event: Result) -> str:
    return f"Error: {event['message']} {event['hint']}".rstrip()


def _completed(event: Result) -> str:
    return "Stopped." if event["stopped"] else ""


_TOLD = {
    "RunStarted": _started,
    "TurnPlanned": _planned,
    "MessageCompleted": _message,
    "ToolCalled": _called,
    "ToolReturned": _returned,
    "ApprovalRequested": _requested,
    "ApprovalAnswered": _answered,
    "CodeRan": _ran,
    "Noted": _noted,
    "Compacted": _compacted,
    "Failed": _failed,
    "RunCompleted": _completed,
}


def _block(code: str) -> str:
    return "\n".join(f"    {line}" for line in visible(code).rstrip("\n").split("\n"))


def _short(value: Any) -> str:
    return short(visible(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)))


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""


def _plain(value: Any) -> Any:
    """What models, tools and documents say could steer a terminal."""
    return plain(value) if isinstance(value, str) else value
