"""Who speaks next, decided by the messages alone: retriever → assistant ⇄ executors → critic → at most one revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.seats import AssistantSeat, CriticSeat
from agents.team_file import TeamFile
from agents.words import REVISE

Message = Mapping[str, Any]
"""A message of a group chat, as AutoGen keeps it; `name` is the agent that really spoke."""


@dataclass(frozen=True)
class PendingCall:
    """A tool call that no message has answered yet."""

    caller: str
    id: str
    tool: str
    arguments: str


def pending_calls(messages: Sequence[Message]) -> tuple[PendingCall, ...]:
    """The calls of the last message that made any, without those answered since."""
    answered: set[str] = set()
    for message in reversed(messages):
        answered |= {response["tool_call_id"] for response in message.get("tool_responses", ())}
        if calls := message.get("tool_calls"):
            made = [
                PendingCall(message["name"], c["id"], c["function"]["name"], c["function"]["arguments"]) for c in calls
            ]
            return tuple(call for call in made if call.id not in answered)
    return ()


def next_speaker(team: TeamFile, messages: Sequence[Message]) -> str | None:
    """The name of the agent to speak after `messages`, or None when the answer stands."""
    if pending := pending_calls(messages):
        return executor_of(team, pending[0].tool)
    last = messages[-1]
    speaker = next(seat for seat in team.agents if seat.name == last["name"])
    if isinstance(speaker, AssistantSeat):
        return _reviewer(team, messages)
    if isinstance(speaker, CriticSeat) and not wants_revision(last["content"]):
        return None
    return team.assistant.name


def _reviewer(team: TeamFile, messages: Sequence[Message]) -> str | None:
    spoken = {message["name"] for message in messages}
    return None if team.critic is None or team.critic.name in spoken else team.critic.name


def executor_of(team: TeamFile, tool: str) -> str:
    """The agent that executes `tool`; for a tool nobody has, the first executor, which says so."""
    return next((seat.name for seat in team.executors if tool in seat.tools), team.executors[0].name)


def may_call_tools(team: TeamFile, messages: Sequence[Message]) -> bool:
    """Whether a message with calls now leaves room for every executor, the answer and its check."""
    return len(messages) + 1 + len(team.executors) + 1 + (team.critic is not None) <= team.max_rounds


def wants_revision(review: str) -> bool:
    """Whether a critic's reply asks for a corrected answer."""
    return review.lstrip(" *#`\n").startswith(REVISE)
