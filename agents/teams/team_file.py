"""A team as its YAML file describes it, checked before anything is built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, JsonValue, ValidationError

from agents.errors import TeamError, UnknownTeam
from agents.teams.rules import Budget, Ending, Order
from agents.teams.seats import AssistantSeat, CodeSeat, CriticSeat, Name, Part, RetrieverSeat, Seat, ToolSeat
from agents.teams.team_lines import line_numbers, located
from agents.teams.team_mistakes import explain, mistakes
from agents.tools.catalogue import TOOLS
from agents.tools.mcp.server_file import Server, ServerName
from agents.tools.registry import Tool
from configs.settings import ApprovalPolicy

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Nine times as fast where PyYAML was built with libyaml."""
_FOLDER = Path(__file__).parents[2] / "configs" / "teams"
_NO_OTHER_NAME: dict[str, JsonValue] = {"additionalProperties": False}


class TeamFile(Part):
    """Who sits at the table, and how they talk."""

    name: Name
    """What the team is called."""
    description: str = ""
    """What it is good for, in one sentence."""
    order: Order = "flow"
    """Who speaks next. flow: retrievers, assistants, critic and at most one revision; round_robin: as listed; graph: as
    transitions allow, of several the one who spoke least; auto: one small model call plans each run; function: as the
    Python code that builds the team decides."""
    transitions: dict[Name, tuple[Name, ...]] = Field(default_factory=dict, json_schema_extra=_NO_OTHER_NAME)
    """For the order graph: after each agent, those who may speak next."""
    start: str = ""
    """The agent that puts the question; empty: the first retriever, with its passages."""
    answer: str = ""
    """The agent whose last message is the answer, an assistant or a guest; empty: the last assistant."""
    rounds: int = Field(1, ge=1, le=20)
    """After so many messages of the one who answers the run is over; in a flow with a critic the review decides."""
    ends_when: Ending | None = None
    """Ends the run earlier, when an agent says something."""
    max_rounds: int = Field(12, ge=2, le=50)
    """The greatest number of messages in one run, calls of tools and their results among them."""
    budget: Budget = Budget()
    """What one run may use before it is ended with a diagnosis."""
    approval: ApprovalPolicy | None = None
    """Whether a person must allow code before it runs; goes before the setting of that name."""
    judge: bool = False
    """Whether a model is asked if the passages say what the answer cites them for."""
    mcp_servers: dict[ServerName, Server] = Field(default_factory=dict, json_schema_extra=_NO_OTHER_NAME)
    """MCP servers by name, whose tools agents name as SERVER.TOOL, or SERVER.* for all of them."""
    agents: tuple[Annotated[Seat, Field(discriminator="role")], ...]
    """Who sits at the table: at least one retriever and one assistant."""

    @property
    def retrievers(self) -> tuple[RetrieverSeat, ...]:
        """The seats that put passages on the table."""
        return tuple(seat for seat in self.agents if isinstance(seat, RetrieverSeat))

    @property
    def assistants(self) -> tuple[AssistantSeat, ...]:
        """The seats that answer."""
        return tuple(seat for seat in self.agents if isinstance(seat, AssistantSeat))

    @property
    def starter(self) -> Seat:
        """The seat that puts the question."""
        return self.seat(self.start) if self.start else self.retrievers[0]

    @property
    def answerer(self) -> Seat:
        """The seat whose last message is the answer."""
        return self.seat(self.answer) if self.answer else self.assistants[-1]

    @property
    def critic(self) -> CriticSeat | None:
        """The seat that checks, if there is one."""
        return next((seat for seat in self.agents if isinstance(seat, CriticSeat)), None)

    @property
    def executors(self) -> tuple[ToolSeat | CodeSeat, ...]:
        """The seats that execute tool calls."""
        return tuple(seat for seat in self.agents if isinstance(seat, ToolSeat | CodeSeat))

    @property
    def speakers(self) -> tuple[Seat, ...]:
        """The seats that speak of their own accord: all but the executors."""
        return tuple(seat for seat in self.agents if not isinstance(seat, ToolSeat | CodeSeat))

    @property
    def kb_of(self) -> dict[str, str]:
        """The knowledge base of each seat that works on one of its own."""
        return {s.name: s.kb for s in self.agents if isinstance(s, RetrieverSeat | AssistantSeat) and s.kb}

    def seat(self, name: str) -> Seat:
        """The seat of that name."""
        return next(seat for seat in self.agents if seat.name == name)

    @property
    def served(self) -> frozenset[str]:
        """What its seats name of the tools of MCP servers."""
        named = {name for seat in self.agents if isinstance(seat, AssistantSeat | ToolSeat) for name in seat.tools}
        return frozenset(name for name in named if name.partition(".")[0] in self.mcp_servers and "." in name)

    def with_served(self, names: Mapping[str, Sequence[str]]) -> TeamFile:
        """The same with what seats name of MCP servers replaced by the names that models know the tools under."""

        def seated(seat: Seat) -> Seat:
            if not isinstance(seat, AssistantSeat | ToolSeat):
                return seat
            found = tuple(dict.fromkeys(name for named in seat.tools for name in names.get(named, (named,))))
            return seat.model_copy(update={"tools": found})

        return self.model_copy(update={"agents": tuple(seated(seat) for seat in self.agents)})


def team_names() -> list[str]:
    """The teams in configs/teams, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def load_team(reference: str, *, tools: Mapping[str, Tool] = TOOLS) -> TeamFile:
    """A team by its name, or by the path of a .yaml file. Raises UnknownTeam, or TeamError naming the first mistake."""
    if reference.endswith((".yaml", ".yml")):
        return read_team(Path(reference), tools=tools)
    if reference not in team_names():
        known = ", ".join(team_names())
        raise UnknownTeam(f"There is no team {reference!r}.", hint=f"Known teams: {known}; or give a .yaml file.")
    return read_team(_FOLDER / f"{reference}.yaml", tools=tools)


def read_team(path: Path, *, tools: Mapping[str, Tool] = TOOLS) -> TeamFile:
    """The team in `path`, valid as a whole. Raises TeamError naming file, line, field and what is allowed."""
    try:
        text = path.read_text(encoding="utf-8")
        node, content = yaml.compose(text, Loader=_LOADER), yaml.load(text, Loader=_LOADER)
        lines, repeated = line_numbers(node), next(_repeated(node), None)
    except (OSError, UnicodeDecodeError) as error:
        raise TeamError(f"The team file {path} cannot be read ({error}).") from None
    except (yaml.YAMLError, RecursionError) as error:
        hint = "Check quotes and indents, which are made of spaces."
        raise TeamError(f"The team file {path} is not valid YAML{_problem(error)}.", hint=hint) from None
    if repeated:
        where = f"line {repeated.start_mark.line + 1}, {repeated.value}"
        raise TeamError(f"The team file {path} is wrong at {where}: this field stands there twice, allowed: once.")
    return checked(_beside(path, content), tools=tools, name=f"The team file {path}", lines=lines)


def checked(content: Any, *, tools: Mapping[str, Tool], name: str, lines: Mapping[str, int] | None = None) -> TeamFile:
    """A team from its fields. Raises TeamError for the first mistake, which begins with `name`."""
    try:
        team = TeamFile.model_validate(content, strict=False)
    except ValidationError as error:
        raise TeamError(f"{name} is wrong at {located(explain(error, TeamFile), lines)}.") from None
    for mistake in mistakes(team, tools):
        raise TeamError(f"{name} is wrong at {located(mistake, lines)}.")
    return team


def schema() -> dict[str, Any]:
    """The JSON schema of a team file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **TeamFile.model_json_schema()}


def _beside(path: Path, content: Any) -> Any:
    """The same with prompts that are files found beside the team file."""
    seats = content.get("agents") if isinstance(content, dict) else None
    for seat in seats if isinstance(seats, list) else ():
        if isinstance(seat, dict) and str(seat.get("prompt", "")).endswith(".md"):
            seat["prompt"] = str(path.parent / seat["prompt"])
    return content


def _problem(error: yaml.YAMLError | RecursionError) -> str:
    """Where the text stops being YAML and why, in one line."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f": {' '.join(str(error).split())}"
    said = " ".join(part for part in (error.context, error.problem) if part)
    return f" at line {error.problem_mark.line + 1}: {said}"


def _repeated(node: yaml.Node | None) -> Iterator[yaml.Node]:
    """The keys that stand in a mapping a second time; YAML itself would silently take the last."""
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        yield from (key for at, (key, _) in enumerate(node.value) if key.value in keys[:at])
    if isinstance(node, yaml.CollectionNode):
        for child in node.value:
            yield from _repeated(child[1] if isinstance(child, tuple) else child)
