"""What the language models of a run, a conversation and its agents cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from agents.events import Event, ModelCalled


@dataclass
class Usage:
    """`cost` in US dollars, 0 where the price is unknown; `calls` are those a language model answered."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    calls: int = 0
    cost: float = 0.0

    @property
    def tokens(self) -> int:
        """Of prompts and replies."""
        return self.prompt_tokens + self.completion_tokens

    def add(self, prompt_tokens: int, completion_tokens: int, cost: float) -> None:
        """Count one call."""
        self.prompt_tokens += prompt_tokens
        self.completion_tokens += completion_tokens
        self.cost += cost
        self.calls += 1


@dataclass
class Bill:
    """Everything together, and each agent for itself with the seconds its calls took."""

    total: Usage = field(default_factory=Usage)
    agents: dict[str, Usage] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As it stands in JSON."""
        each = {name: {**asdict(use), "seconds": round(self.seconds[name], 3)} for name, use in self.agents.items()}
        return {**asdict(self.total), "agents": each}


def bill(events: Iterable[Event]) -> Bill:
    """What the calls in a conversation's log came to; failed ones too, as far as they were counted."""
    whole = Bill()
    for event in events:
        if isinstance(event, ModelCalled):
            for usage in (whole.total, whole.agents.setdefault(event.agent, Usage())):
                usage.add(event.prompt_tokens, event.completion_tokens, event.cost)
            whole.seconds[event.agent] = whole.seconds.get(event.agent, 0.0) + event.ms / 1000
    return whole
