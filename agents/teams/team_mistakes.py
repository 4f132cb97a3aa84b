"""What can be wrong with a team file, each mistake one sentence that names the field and what is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from agents.teams.rules import Budget, Ending
from agents.teams.seats import CODE_TOOLS, ROLES, AssistantSeat, CriticSeat, Seat, ToolSeat
from agents.tools.mcp.server_file import SERVERS
from agents.tools.registry import Tool
from configs.errors import ConfigError

if TYPE_CHECKING:
    from agents.teams.team_file import TeamFile

_NESTED: dict[str, type[BaseModel]] = {"budget": Budget, "ends_when": Ending}


def mistakes(team: TeamFile, tools: Mapping[str, Tool]) -> Iterator[str]:
    """What no field alone can tell: names, roles, prompts, and tools that exist and have one agent to execute them."""
    names = [seat.name for seat in team.agents]
    if len(set(names)) < len(names):
        yield f"agents: every name must differ (got {', '.join(names)})"
        return
    for role in ("retriever", "assistant"):
        if not any(seat.role == role for seat in team.agents):
            yield f"agents: there must be at least one {role} (got 0)"
            return
    critics = sum(seat.role == "critic" for seat in team.agents)
    if critics > 1 and team.order == "flow":
        yield f"agents: there must be at most one critic where order is flow (got {critics})"
    if critics and team.order == "auto":
        yield f"agents: a critic has no place where order is auto (got {critics}), allowed: flow, round_robin, graph"
    yield from _order_mistakes(team)
    for at, seat in enumerate(team.agents):
        yield from (f"agents[{at}].{mistake}" for mistake in _seat_mistakes(seat, team, tools))


def _order_mistakes(team: TeamFile) -> Iterator[str]:
    speakers = [seat.name for seat in team.speakers]
    may_answer = [seat.name for seat in team.speakers if seat.role in ("assistant", "guest")]
    if team.start and team.start not in speakers:
        yield f"start: {team.start!r} is not an agent that speaks, allowed: {', '.join(speakers)}"
    if team.answer and team.answer not in may_answer:
        yield f"answer: {team.answer!r} gives no answers, allowed: {', '.join(may_answer)}"
    if team.ends_when and team.ends_when.agent not in speakers:
        yield f"ends_when.agent: {team.ends_when.agent!r} is not an agent that speaks, allowed: {', '.join(speakers)}"
    if (team.order == "graph") != bool(team.transitions):
        needed = "graph needs transitions" if team.order == "graph" else "only graph has transitions"
        yield f"transitions: {needed} (order is {team.order})"
        return
    for name in dict.fromkeys([*team.transitions, *(to for tos in team.transitions.values() for to in tos)]):
        if name not in speakers:
            yield f"transitions: {name!r} is not an agent that speaks, allowed: {', '.join(speakers)}"
            return
    if team.order == "graph" and not (team.answer and team.answer not in may_answer) and not _reached(team):
        yield f"transitions: no way leads from {team.starter.name} to {team.answerer.name}, which gives the answer"


def _reached(team: TeamFile) -> bool:
    """Whether the answer can come about."""
    reached: set[str] = set()
    left = [team.starter.name]
    while left:
        reached.add(name := left.pop())
        left += [to for to in team.transitions.get(name, ()) if to not in reached]
    return team.answerer.name in reached and (team.start in ("", team.starter.name))


def _seat_mistakes(seat: Seat, team: TeamFile, tools: Mapping[str, Tool]) -> Iterator[str]:
    if isinstance(seat, AssistantSeat | CriticSeat):
        try:
            _ = seat.instructions
        except ConfigError as error:
            yield f"prompt: {error}".rstrip(".")
    if isinstance(seat, AssistantSeat | ToolSeat):
        for name in seat.tools:
            if name in team.served:
                yield from _served_mistakes(name, team)
            else:
                yield from _tool_mistakes(name, seat, team, tools)


def _tool_mistakes(
    name: str, seat: AssistantSeat | ToolSeat, team: TeamFile, tools: Mapping[str, Tool]
) -> Iterator[str]:
    executors = [other.name for other in team.executors if name in other.tools]
    if name not in tools:
        allowed = ", ".join([*tools, *(f"{server}.*" for server in team.mcp_servers)])
        yield f"tools: unknown tool {name!r}, allowed: {allowed}"
    elif isinstance(seat, ToolSeat) and name in CODE_TOOLS:
        yield f"tools: {name} is executed by a code_executor only"
    elif len(executors) != 1:
        yield f"tools: exactly one agent must execute {name} (got {', '.join(executors) or 'none'})"


def _served_mistakes(name: str, team: TeamFile) -> Iterator[str]:
    server, _, tool = name.partition(".")
    everything, used = f"{server}.*", team.mcp_servers[server].tools
    wanted = {name, everything} if tool != "*" else {n for n in team.served if n.startswith(f"{server}.")}
    executors = [seat for seat in team.executors if not wanted.isdisjoint(seat.tools)]
    if used is not None and tool not in ("*", *used):
        yield f"tools: {name} is not among mcp_servers.{server}.tools ({', '.join(used)})"
    elif len(executors) != 1:
        yield f"tools: exactly one agent must execute {name} (got {', '.join(s.name for s in executors) or 'none'})"
    elif tool == "*" and everything not in executors[0].tools:
        yield f"tools: {executors[0].name} executes a part of {name} only; name {name} there as well"


def explain(error: ValidationError, whole: type[BaseModel]) -> str:
    """The first thing pydantic found wrong with the `whole`."""
    first = error.errors(include_url=False)[0]
    where = _path(first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{where}: there is no such field, allowed: {', '.join(_part(first['loc'], whole).model_fields)}"
    if first["type"].startswith("union_tag"):
        if first["loc"][0] == "mcp_servers":
            return f"{where}: give either `command` (a program to start) or `url` (an address)"
        return f"{where}.role: allowed are {', '.join(ROLES)}"
    return f"{where or 'its top'}: {first['msg'][0].lower()}{first['msg'][1:]}"


def _part(location: Sequence[Any], whole: type[BaseModel]) -> type[BaseModel]:
    """The part of a team file that a mistake is in: the third step of its location is a tag."""
    if location[0] in _NESTED and len(location) > 1:
        return _NESTED[location[0]]
    return {**ROLES, **SERVERS}[str(location[2])] if len(location) > 2 else whole


def _path(location: Sequence[Any]) -> str:
    """`agents[1].tools` for ("agents", 1, "assistant", "tools"): the tag is not a field."""
    tagged = location[:1] in (("agents",), ("mcp_servers",))
    fields = [part for at, part in enumerate(location) if at != 2 or not tagged]
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fields).lstrip(".")
