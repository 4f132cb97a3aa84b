"""Who speaks next, decided by the messages alone, whatever a message says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.errors import ToolError
from agents.teams.seats import RetrieverSeat
from agents.teams.team_file import TeamFile
from agents.words import REVISE

Message = Mapping[str, Any]
"""A message of a group chat, as AutoGen keeps it; `name` is the agent that really spoke."""

Speaker = Callable[[Sequence[Message]], "str | None"]
"""A speaker order of one's own: the name of the agent to speak after these messages, or None at the end."""


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


def next_speaker(team: TeamFile, messages: Sequence[Message], *, choose: Speaker | None = None) -> str | None:
    """The name of the agent to speak after `messages`, or None when the answer stands.

    Calls are executed first, and who called goes on with the results. `choose` decides where the order is `auto` or
    `function`.
    """
    if pending := pending_calls(messages):
        if not team.executors:
            raise ToolError(
                f"{pending[0].caller} called {pending[0].tool[:80]!r}, and nobody at the table executes tools."
            )
        return executor_of(team, pending[0].tool)
    if messages[-1].get("tool_responses"):
        return next(str(message["name"]) for message in reversed(messages) if message.get("tool_calls"))
    turns = spoken(team, messages)
    if is_over(team, turns, messages):
        return None
    match team.order:
        case "flow":
            return _in_flow(team, turns)
        case "round_robin":
            return _in_turn(team, turns, str(messages[0]["name"]))
        case "graph":
            return _allowed(team, turns, str(messages[0]["name"]))
    return choose(messages) if choose else None


def spoken(team: TeamFile, messages: Sequence[Message]) -> list[str]:
    """The agents that have had their say, in order: no executor, no call, and no question that opened the chat."""
    speakers = {seat.name for seat in team.speakers}
    opened = 0 if isinstance(team.seat(str(messages[0]["name"])), RetrieverSeat) else 1
    said = [message for message in messages[opened:] if not message.get("tool_calls")]
    return [str(message["name"]) for message in said if message["name"] in speakers]


def is_over(team: TeamFile, turns: Sequence[str], messages: Sequence[Message]) -> bool:
    """Whether the answer stands."""
    ending, last = team.ends_when, messages[-1]
    if ending and turns and last["name"] == ending.agent and begins_with(str(last["content"]), ending.begins):
        return True
    answers = turns.count(team.answerer.name)
    if team.order != "flow" or team.critic is None:
        return answers >= team.rounds
    reviewed = team.critic.name in turns
    if not reviewed:
        return False
    since = list(turns)[list(turns).index(team.critic.name) + 1 :]
    return team.answerer.name in since or not _revision_asked(team, messages)


def executor_of(team: TeamFile, tool: str) -> str:
    """The agent that executes `tool`; for a tool nobody has, the first executor, which says so."""
    return next((seat.name for seat in team.executors if tool in seat.tools), team.executors[0].name)


def may_call_tools(team: TeamFile, messages: Sequence[Message]) -> bool:
    """Whether a message with calls now leaves room for every executor, the answer and whoever has not spoken yet."""
    turns = spoken(team, messages)
    silent = [seat for seat in team.speakers if seat.name not in turns and not isinstance(seat, RetrieverSeat)]
    return len(messages) + 1 + len(team.executors) + max(1, len(silent)) <= team.max_rounds


def wants_revision(review: str) -> bool:
    """Whether a critic's reply asks for a corrected answer."""
    return begins_with(review, REVISE)


def begins_with(text: str, words: str) -> bool:
    """Whether `text` begins with these words, whatever Markdown stands before them."""
    return text.lstrip(" *#`\n").startswith(words)


def _in_flow(team: TeamFile, turns: Sequence[str]) -> str:
    order = [*team.retrievers, *(s for s in team.speakers if s.role in ("assistant", "guest") and s != team.answerer)]
    first = [seat.name for seat in order if seat.name not in turns]
    if first:
        return first[0]
    if team.critic is None or team.answerer.name not in turns or team.critic.name in turns:
        return team.answerer.name
    return team.critic.name


def _revision_asked(team: TeamFile, messages: Sequence[Message]) -> bool:
    critic = team.critic.name if team.critic else ""
    return any(wants_revision(str(message["content"])) for message in messages if message["name"] == critic)


def _in_turn(team: TeamFile, turns: Sequence[str], opener: str) -> str:
    """The next in the list; retrievers, who would only find the same again, speak once."""
    ring = [seat.name for seat in team.speakers]
    at = ring.index(turns[-1] if turns else opener)
    done = {seat.name for seat in team.retrievers if seat.name in turns}
    return next(name for name in [*ring[at + 1 :], *ring[: at + 1]] if name not in done)


def _allowed(team: TeamFile, turns: Sequence[str], opener: str) -> str | None:
    """Of those who may follow, the one who has spoken least, in their order."""
    allowed = team.transitions.get(turns[-1] if turns else opener, ())
    return min(allowed, key=turns.count, default=None)
