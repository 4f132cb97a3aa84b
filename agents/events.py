"""What happens at the table, as an append-only log: the screen, the terminal and replay fold the same events."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from configs.errors import AppError

TurnKind = Literal["search", "more", "about_answer", "small_talk"]
Author = Literal["rules", "model"]
Role = Literal["user", "assistant", "tool", "critic", "retriever", "guest"]


@dataclass(frozen=True, kw_only=True)
class _Event:
    conversation_id: str = ""
    seq: int = 0
    at: float = 0.0


@dataclass(frozen=True, kw_only=True)
class RunStarted(_Event):
    """A user's question opens a run in `process`, as `agents.log.recovery.this_process` names it.

    `model` names the one of the settings that answers, empty for the default.
    """

    question: str
    team: str
    kb: str
    strategy: str
    model: str = ""
    process: str = ""


@dataclass(frozen=True, kw_only=True)
class TurnPlanned(_Event):
    """What the question needs, and the `query` to search with: itself, or rewritten from what was said before.

    `search`: passages for `query`; `more`: further passages for the query of the turn before; `about_answer`: the
    passages of the last answer; `small_talk`: none. `variants` are ways to read an elliptic question without a model.
    """

    kind: TurnKind
    query: str
    variants: tuple[str, ...] = ()
    by: Author = "rules"
    ms: float = 0.0


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
    """A whole message of one agent, or with `interrupted` what there was of it when it broke off, or its tokens ended.

    `cost` in US dollars, 0 where the price is unknown.
    """

    agent: str
    message_id: str
    role: Role
    content: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    ms: float = 0.0
    cost: float = 0.0
    model: str = ""
    interrupted: bool = False


@dataclass(frozen=True, kw_only=True)
class ModelCalled(_Event):
    """One request to a language model, and what came of it: for the trace; nobody is shown it in a conversation.

    `messages`, `tools` and `parameters` are what was sent, `reply` is `{text, tool_calls}`. `purpose` is `message`,
    or what a small call was for: `condense`, `speakers`, `summary`, `judge`. A failed call has an `error_type`.
    """

    agent: str
    purpose: str
    provider: str
    model: str
    messages: tuple[Mapping[str, Any], ...]
    tools: tuple[Mapping[str, Any], ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    reply: Mapping[str, Any] = field(default_factory=dict)
    message_id: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    attempts: int = 1
    first_token_ms: float = 0.0
    ms: float = 0.0
    error_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Noted(_Event):
    """Something the reader should know about the run, in one sentence of the application's own."""

    kind: Literal["markers_removed", "links_removed", "fallback", "budget", "loop", "evidence_exhausted", "overflow"]
    text: str
    agent: str = ""


@dataclass(frozen=True, kw_only=True)
class Compacted(_Event):
    """From now on `summary`, its citation markers kept, stands for everything up to the event number `through`."""

    summary: str
    through: int
    tokens_before: int
    tokens_after: int
    by: Author = "rules"


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


def failed(error: AppError) -> Failed:
    """An error as the event that ends a run."""
    return Failed(error_type=type(error).__name__, message=error.message, hint=error.hint)


@dataclass(frozen=True, kw_only=True)
class RunCompleted(_Event):
    """The run is over.

    Citations as in `Citation.as_dict`; `usage` is `{prompt_tokens, completion_tokens, calls, cost}`; `artifacts` are
    those of the run's `CodeRan` events in order: its pictures are part of the answer. `support` says for each sentence
    whether what it cites supports it, as `retrieval.support.Verdict.as_dict`; `removed_markers` were never given.
    """

    answer: str
    abstained: bool
    citations: tuple[Mapping[str, Any], ...] = ()
    usage: Mapping[str, Any] = field(default_factory=dict)
    ms: float = 0.0
    stopped: bool = False
    artifacts: tuple[Mapping[str, Any], ...] = ()
    support: tuple[Mapping[str, Any], ...] = ()
    removed_markers: tuple[int, ...] = ()


Event = (
    RunStarted
    | TurnPlanned
    | Retrieved
    | TokenDelta
    | MessageCompleted
    | ModelCalled
    | ToolCalled
    | ToolReturned
    | ApprovalRequested
    | ApprovalAnswered
    | CodeRan
    | Noted
    | Compacted
    | Failed
    | RunCompleted
)

_KINDS: dict[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}


def as_dict(event: Event) -> dict[str, Any]:
    """The fields of an event with its kind under `"type"`, as they stand in JSON."""
    return {"type": type(event).__name__, **vars(event)}


def to_json(event: Event) -> str:
    """One line of JSON; `from_json` gives an equal event back."""
    return json.dumps(as_dict(event), ensure_ascii=False)


def from_json(line: str) -> Event:
    """Read an event written by `to_json`."""
    values = json.loads(line)
    kind = _KINDS[values.pop("type")]
    for item in dataclasses.fields(kind):
        if isinstance(values.get(item.name), list):
            values[item.name] = tuple(values[item.name])
    return kind(**values)
