"""A team as its YAML file describes it, checked before anything is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError

from agents.errors import TeamError, UnknownTeam
from agents.rules import Budget, Ending, Order
from agents.seats import AssistantSeat, CodeSeat, CriticSeat, Name, Part, RetrieverSeat, Seat, ToolSeat
from agents.team_lines import line_numbers, located
from agents.team_mistakes import explain, mistakes
from agents.tools.catalogue import TOOLS
from agents.tools.mcp.server_file import Server, ServerName
from agents.tools.registry import Tool
from configs.settings import ApprovalPolicy

_FOLDER = Path(__file__).parent.parent / "configs" / "teams"


class TeamFile(Part):
    """Who sits at the table, and how they talk.

    `order`: `flow` (retrievers, assistants, critic and at most one revision), `round_robin` (as listed), `graph` (as
    `transitions` allow; of several the one who spoke least), `auto` (one small model call plans each run) or
    `function` (of the Python code that builds the team). `start` puts the question: the first retriever, with its
    passages, unless another is named. `answer` is the agent whose last message is the answer, the last assistant
    unless named; after `rounds` of its messages, or as `ends_when` says, the run is over.

    `max_rounds` is the greatest number of messages in one run, `approval` goes before the setting of that name. With
    `judge` a model is asked whether the passages say what the answer cites them for. The tools of MCP servers are
    named `SERVER.TOOL`, and `SERVER.*` all of them, until a run has connected to them.
    """

    name: Name
    description: str = ""
    order: Order = "flow"
    transitions: dict[Name, tuple[Name, ...]] = Field(default_factory=dict)
    start: str = ""
    answer: str = ""
    rounds: int = Field(1, ge=1, le=20)
    ends_when: Ending | None = None
    max_rounds: int = Field(12, ge=2, le=50)
    budget: Budget = Budget()
    approval: ApprovalPolicy | None = None
    judge: bool = False
    mcp_servers: dict[ServerName, Server] = Field(default_factory=dict)
    agents: tuple[Annotated[Seat, Field(discriminator="role")], ...]

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
        content, lines = yaml.safe_load(text), line_numbers(yaml.compose(text, Loader=yaml.SafeLoader))
    except (OSError, UnicodeDecodeError) as error:
        raise TeamError(f"The team file {path} cannot be read ({error}).") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise TeamError(f"The team file {path} is not valid YAML: {error}") from None
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
