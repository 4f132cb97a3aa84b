"""What the screen shows of one conversation, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agents.events import (
    ApprovalAnswered,
    ApprovalRequested,
    CodeRan,
    Failed,
    Retrieved,
    RunCompleted,
    ToolCalled,
    ToolReturned,
)

Phase = Literal["idle", "waiting", "running", "done", "stopped", "failed"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question of the user, begun by event number `seq`."""

    text: str
    seq: int = 0


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message of an agent, growing until `done`, by event number `seq`; `outcome` is set on the message that is the
    run's answer.
    """

    agent: str
    message_id: str
    text: str
    role: str = "assistant"
    done: bool = False
    tokens: int = 0
    ms: float = 0.0
    outcome: RunCompleted | None = None
    interrupted: bool = False
    seq: int = 0


@dataclass(frozen=True, kw_only=True)
class Searched:
    """Passages an agent found."""

    found: Retrieved


@dataclass(frozen=True, kw_only=True)
class Called:
    """A tool an agent asked for; `done` without `returned` when the run ended before the tool did.

    `asked` once a person is asked about it and sees its arguments there.
    """

    call: ToolCalled
    asked: bool = False
    returned: ToolReturned | None = None
    done: bool = False


@dataclass(frozen=True, kw_only=True)
class Returned:
    """What a tool gave back."""

    result: ToolReturned


@dataclass(frozen=True, kw_only=True)
class Ran:
    """Code that ran, or was refused; `answered` once an answer shows what it made."""

    code: CodeRan
    answered: bool = False


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Code that waits, or waited, for a person; `done` without an answer when the run ended before one came."""

    request: ApprovalRequested
    answer: ApprovalAnswered | None = None
    done: bool = False


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A run that ended without an answer."""

    failure: Failed


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """The user stopped the run here."""


@dataclass(frozen=True, kw_only=True)
class Remark:
    """Something the application says about the run, in one sentence."""

    text: str


Item = Asked | Said | Searched | Called | Returned | Ran | Approval | Problem | Remark | Stopped


@dataclass(frozen=True, kw_only=True)
class View:
    """One conversation on screen.

    Items are only added and keep their place, so an item's index names it. `passages` are keyed by marker, each as
    in `Retrieved`; `quotes` are the words cited from each. `pending` is a question whose run has not begun.
    """

    items: tuple[Item, ...] = ()
    passages: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    quotes: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    phase: Phase = "idle"
    pending: str = ""

    @property
    def busy(self) -> bool:
        """Whether a question is being answered."""
        return self.phase in ("waiting", "running")

    @property
    def waiting(self) -> ApprovalRequested | None:
        """The code that a person must decide about before the run goes on."""
        open_ones = (item for item in self.items if isinstance(item, Approval) and not (item.answer or item.done))
        first = next(open_ones, None) if self.busy else None
        return first.request if first else None

    @property
    def cited(self) -> tuple[int, ...]:
        """Markers the newest answer cites, each once, in the order of its citations."""
        outcomes = (item.outcome for item in reversed(self.items) if isinstance(item, Said) and item.outcome)
        outcome = next(outcomes, None)
        return tuple(dict.fromkeys(int(c["marker"]) for c in outcome.citations)) if outcome else ()
