"""What happens at the table, as an append-only log: the screen, the terminal and replay fold the same events."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args


@dataclass(frozen=True, kw_only=True)
class _Event:
    conversation_id: str = ""
    seq: int = 0
    at: float = 0.0


@dataclass(frozen=True, kw_only=True)
class RunStarted(_Event):
    """A user's question opens a run."""

    question: str
    team: str
    kb: str
    strategy: str


@dataclass(frozen=True, kw_only=True)
class Retrieved(_Event):
    """Passages an agent found.

    Each passage is `{marker, chunk_id, document_id, source, page, boxes, headings, text, scores}`, boxes keyed by
    page as text; each step is `Step.as_dict`.
    """

    agent: str
    query: str
    passages: tuple[Mapping[str, Any], ...]
    steps: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class TokenDelta(_Event):
    """A piece of a message being written; `MessageCompleted` with the same id carries the whole."""

    agent: str
    message_id: str
    text: str


@dataclass(frozen=True, kw_only=True)
class MessageCompleted(_Event):
    """A whole message of one agent."""

    agent: str
    message_id: str
    role: Literal["user", "assistant", "tool", "critic", "retriever"]
    content: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    ms: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ToolCalled(_Event):
    """An agent asks for a tool; `arguments` is the JSON object the model wrote, parsed."""

    agent: str
    call_id: str
    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ToolReturned(_Event):
    """What the tool gave back; `ok` is false when it failed: `content` then says why, `error_type` how."""

    agent: str
    call_id: str
    tool: str
    content: str
    ok: bool
    ms: float
    error_type: str = ""


@dataclass(frozen=True, kw_only=True)
class ApprovalRequested(_Event):
    """A run waits for a person to allow exactly this code, for `timeout_s` seconds; `reason` says why it asks."""

    agent: str
    approval_id: str
    code: str
    code_sha256: str
    call_id: str = ""
    language: str = "python"
    reason: str = ""
    timeout_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ApprovalAnswered(_Event):
    """The answer; `code` is what runs now, which the person may have edited, and is empty when nothing does."""

    approval_id: str
    approved: bool
    reason: str = ""
    code: str = ""
    code_sha256: str = ""
    edited: bool = False


@dataclass(frozen=True, kw_only=True)
class CodeRan(_Event):
    """Code ran in the sandbox (or was refused); what it came to is as in `sandbox run --json`."""

    agent: str
    call_id: str
    code: str
    backend: str
    isolation: str
    status: str
    exit_code: int | None
    stdout: str
    stderr: str
    ms: float
    language: str = "python"
    artifacts: tuple[Mapping[str, Any], ...] = ()
    state_lost: bool = False


@dataclass(frozen=True, kw_only=True)
class Failed(_Event):
    """The run ended without an answer: what happened and what to do. Never shown as an answer."""

    error_type: str
    message: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class RunCompleted(_Event):
    """The run is over.

    Citations as in `Citation.as_dict`; `usage` is `{prompt_tokens, completion_tokens, calls, cost}`; `artifacts` are
    those of the run's `CodeRan` events in order: its pictures are part of the answer.
    """

    answer: str
    abstained: bool
    citations: tuple[Mapping[str, Any], ...] = ()
    usage: Mapping[str, Any] = field(default_factory=dict)
    ms: float = 0.0
    stopped: bool = False
    artifacts: tuple[Mapping[str, Any], ...] = ()


Event = (
    RunStarted
    | Retrieved
    | TokenDelta
    | MessageCompleted
    | ToolCalled
    | ToolReturned
    | ApprovalRequested
    | ApprovalAnswered
    | CodeRan
    | Failed
    | RunCompleted
)

_KINDS: dict[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}


def to_json(event: Event) -> str:
    """One line of JSON with the kind under `"type"`; `from_json` gives an equal event back."""
    return json.dumps({"type": type(event).__name__, **dataclasses.asdict(event)}, ensure_ascii=False)


def from_json(line: str) -> Event:
    """Read an event written by `to_json`."""
    values = json.loads(line)
    kind = _KINDS[values.pop("type")]
    for item in dataclasses.fields(kind):
        if isinstance(values.get(item.name), list):
            values[item.name] = tuple(values[item.name])
    return kind(**values)
