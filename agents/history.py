"""What was asked and answered before, for the model to understand a follow-up question."""

from __future__ import annotations

from collections.abc import Iterable

from agents.events import Event, RunCompleted, RunStarted
from retrieval.tokens import count_tokens

HISTORY_TOKENS = 1500


def exchanges(log: Iterable[Event], *, budget_tokens: int = HISTORY_TOKENS) -> list[dict[str, str]]:
    """The latest questions and answers that fit the budget, oldest first, as chat messages."""
    question = ""
    pairs: list[tuple[str, str]] = []
    for event in log:
        if isinstance(event, RunStarted):
            question = event.question
        elif isinstance(event, RunCompleted) and event.answer:
            pairs.append((question, event.answer))
    kept: list[dict[str, str]] = []
    for asked, answered in reversed(pairs):
        budget_tokens -= count_tokens(asked) + count_tokens(answered)
        if budget_tokens < 0:
            break
        kept = [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}, *kept]
    return kept
