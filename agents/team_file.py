"""A team as its YAML file describes it, checked before anything is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, ValidationError

from agents.errors import TeamError, UnknownTeam
from agents.seats import AssistantSeat, CodeSeat, CriticSeat, Name, Part, RetrieverSeat, Seat, ToolSeat
from agents.team_mistakes import explain, mistakes
from agents.tools.catalogue import TOOLS
from agents.tools.mcp.server_file import Server, ServerName
from agents.tools.registry import Tool
from configs.settings import ApprovalPolicy

_FOLDER = Path(__file__).parent.parent / "configs" / "teams"


class TeamFile(Part):
    """Who sits at the table. `max_rounds` is the greatest number of messages in one run, `approval` goes before the
    setting of that name.

    The tools of MCP servers are named `SERVER.TOOL`, and `SERVER.*` all of them, until a run has connected to them.
    """

    name: Name
    description: str = ""
    max_rounds: int = Field(12, ge=2, le=50)
    approval: ApprovalPolicy | None = None
    mcp_servers: dict[ServerName, Server] = Field(default_factory=dict)
    agents: tuple[Annotated[Seat, Field(discriminator="role")], ...]

    @property
    def retriever(self) -> RetrieverSeat:
        """The seat that opens the run."""
        return next(seat for seat in self.agents if isinstance(seat, RetrieverSeat))

    @property
    def assistant(self) -> AssistantSeat:
        """The seat whose last message is the answer."""
        return next(seat for seat in self.agents if isinstance(seat, AssistantSeat))

    @property
    def critic(self) -> CriticSeat | None:
        """The seat that checks, if there is one."""
        return next((seat for seat in self.agents if isinstance(seat, CriticSeat)), None)

    @property
    def executors(self) -> tuple[ToolSeat | CodeSeat, ...]:
        """The seats that execute tool calls."""
        return tuple(seat for seat in self.agents if isinstance(seat, ToolSeat | CodeSeat))

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
    """The team in `path`, valid as a whole. Raises TeamError naming file, field and what is allowed."""
    try:
        team = TeamFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")), strict=False)
    except (OSError, UnicodeDecodeError) as error:
        raise TeamError(f"The team file {path} cannot be read ({error}).") from None
    except yaml.YAMLError as error:
        raise TeamError(f"The team file {path} is not valid YAML: {error}") from None
    except ValidationError as error:
        raise TeamError(f"The team file {path} is wrong at {explain(error, TeamFile)}.") from None
    for mistake in mistakes(team, tools):
        raise TeamError(f"The team file {path} is wrong at {mistake}.")
    return team
