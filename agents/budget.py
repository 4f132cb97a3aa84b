"""What a run may use, and who used it up; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from agents.errors import BudgetExceeded
from agents.teams.rules import Budget

SAME_CALL = 3
"""The same call made this often, with the same arguments, is a loop."""
SAME_WORDS = 3
"""The same words said this often by one agent are talk that leads nowhere."""


@dataclass(frozen=True)
class Called:
    """A tool call as an agent made it."""

    agent: str
    tool: str
    arguments: str


@dataclass(frozen=True)
class Said:
    """A message as an agent wrote it."""

    agent: str
    text: str


Deed = Called | Said


def spent(budget: Budget, *, tokens: int, seconds: float, cost: float) -> str:
    """Which limit is reached, in one sentence; empty while none is."""
    if budget.tokens is not None and tokens >= budget.tokens:
        return f"The run has used {tokens:,} tokens, and its budget is {budget.tokens:,}."
    if budget.cost is not None and cost >= budget.cost:
        return f"The run has cost ${cost:.4f}, and its budget is ${budget.cost:.4f}."
    if budget.seconds is not None and seconds >= budget.seconds:
        return f"The run has taken {seconds:.1f} s, and its budget is {budget.seconds:g} s."
    return ""


def exceeded(reason: str, deeds: Sequence[Deed]) -> BudgetExceeded:
    """The error for a limit that is reached: which one, and who was busy with what."""
    return BudgetExceeded(f"{reason} {diagnosis(deeds)}".strip(), hint="Raise the team's budget.")


def loop(deeds: Sequence[Deed]) -> str:
    """What is being done over and over again, in one sentence; empty when nothing is."""
    for deed, times in Counter(deeds).most_common():
        if isinstance(deed, Called) and times >= SAME_CALL:
            return f"{deed.agent} called {deed.tool} {times} times with the same arguments."
        if isinstance(deed, Said) and deed.text.strip() and times >= SAME_WORDS:
            return f"{deed.agent} said the same {times} times."
    return ""


def diagnosis(deeds: Sequence[Deed]) -> str:
    """Who was busy with what, for a run that did not come to its end."""
    if found := loop(deeds):
        return found
    calls = Counter((deed.agent, deed.tool) for deed in deeds if isinstance(deed, Called))
    if calls:
        (agent, tool), times = calls.most_common(1)[0]
        return f"{agent} called {tool} {_times(times)}."
    words = Counter(deed.agent for deed in deeds if isinstance(deed, Said))
    talked = " and ".join(f"{agent} {_times(times)}" for agent, times in words.most_common(3))
    return f"Spoke: {talked}." if talked else ""


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
