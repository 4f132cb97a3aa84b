"""A team as its YAML file describes it, checked before anything is built."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.errors import TeamError, UnknownTeam
from agents.tools.catalogue import TOOLS
from agents.words import NOT_IN_DOCUMENTS, REVISE
from configs.errors import ConfigError
from configs.prompts import prompt

_FOLDER = Path(__file__).parent.parent / "configs" / "teams"

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RetrieverSeat(_Part):
    """Opens every run with the passages found for the question."""

    name: Name
    role: Literal["retriever"]


class AssistantSeat(_Part):
    """Answers; may call `tools`, which another seat executes."""

    name: Name
    role: Literal["assistant"]
    prompt: str = "assistant"
    tools: tuple[str, ...] = ()

    @property
    def instructions(self) -> str:
        """The system message."""
        return prompt(self.prompt, not_in_documents=NOT_IN_DOCUMENTS)


class CriticSeat(_Part):
    """Checks the answer once and may ask for one revision."""

    name: Name
    role: Literal["critic"]
    prompt: str = "critic"

    @property
    def instructions(self) -> str:
        """The system message."""
        return prompt(self.prompt, revise=REVISE)


class ToolSeat(_Part):
    """Executes calls of `tools`."""

    name: Name
    role: Literal["tool_agent"]
    tools: tuple[str, ...] = Field(min_length=1)


class CodeSeat(_Part):
    """Executes calls of `run_python`, in the sandbox."""

    name: Name
    role: Literal["code_executor"]

    @property
    def tools(self) -> tuple[str, ...]:
        """The only tool it has."""
        return ("run_python",)


Seat = RetrieverSeat | AssistantSeat | CriticSeat | ToolSeat | CodeSeat
ROLES: dict[str, type[Seat]] = {
    "retriever": RetrieverSeat,
    "assistant": AssistantSeat,
    "critic": CriticSeat,
    "tool_agent": ToolSeat,
    "code_executor": CodeSeat,
}


class TeamFile(_Part):
    """Who sits at the table. `max_rounds` is the greatest number of messages in one run."""

    name: Name
    description: str = ""
    max_rounds: int = Field(12, ge=2, le=50)
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


def team_names() -> list[str]:
    """The teams in configs/teams, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def load_team(reference: str) -> TeamFile:
    """A team by its name, or by the path of a .yaml file. Raises UnknownTeam, or TeamError naming the first mistake."""
    if reference.endswith((".yaml", ".yml")):
        return read_team(Path(reference))
    if reference not in team_names():
        known = ", ".join(team_names())
        raise UnknownTeam(f"There is no team {reference!r}.", hint=f"Known teams: {known}; or give a .yaml file.")
    return read_team(_FOLDER / f"{reference}.yaml")


def read_team(path: Path) -> TeamFile:
    """The team in `path`, valid as a whole. Raises TeamError naming file, field and what is allowed."""
    try:
        team = TeamFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")), strict=False)
    except (OSError, UnicodeDecodeError) as error:
        raise TeamError(f"The team file {path} cannot be read ({error}).") from None
    except yaml.YAMLError as error:
        raise TeamError(f"The team file {path} is not valid YAML: {error}") from None
    except ValidationError as error:
        raise TeamError(f"The team file {path} is wrong at {_explain(error)}.") from None
    for mistake in _mistakes(team):
        raise TeamError(f"The team file {path} is wrong at {mistake}.")
    return team


def _mistakes(team: TeamFile) -> Iterator[str]:
    names = [seat.name for seat in team.agents]
    if len(set(names)) < len(names):
        yield f"agents: every name must differ (got {', '.join(names)})"
    for role, at_least in (("retriever", 1), ("assistant", 1), ("critic", 0)):
        count = sum(seat.role == role for seat in team.agents)
        if not at_least <= count <= 1:
            yield f"agents: there must be {'exactly' if at_least else 'at most'} one {role} (got {count})"
    for at, seat in enumerate(team.agents):
        yield from (f"agents[{at}].{mistake}" for mistake in _seat_mistakes(seat, team))


def _seat_mistakes(seat: Seat, team: TeamFile) -> Iterator[str]:
    if isinstance(seat, AssistantSeat | CriticSeat):
        try:
            _ = seat.instructions
        except ConfigError as error:
            yield f"prompt: {error}".rstrip(".")
    if isinstance(seat, AssistantSeat | ToolSeat):
        for name in seat.tools:
            yield from _tool_mistakes(name, seat, team)


def _tool_mistakes(name: str, seat: AssistantSeat | ToolSeat, team: TeamFile) -> Iterator[str]:
    executors = [other.name for other in team.executors if name in other.tools]
    if name not in TOOLS:
        yield f"tools: unknown tool {name!r}, allowed: {', '.join(TOOLS)}"
    elif isinstance(seat, ToolSeat) and name == "run_python":
        yield "tools: run_python is executed by a code_executor only"
    elif len(executors) != 1:
        yield f"tools: exactly one agent must execute {name} (got {', '.join(executors) or 'none'})"


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    where = _path(first["loc"])
    if first["type"] == "extra_forbidden":
        part = ROLES.get(str(first["loc"][2])) if len(first["loc"]) > 2 else TeamFile
        allowed = ", ".join(part.model_fields) if part else ""
        return f"{where}: there is no such field, allowed: {allowed}"
    if first["type"].startswith("union_tag"):
        return f"{where}.role: allowed are {', '.join(ROLES)}"
    return f"{where or 'its top'}: {first['msg'][0].lower()}{first['msg'][1:]}"


def _path(location: Sequence[Any]) -> str:
    """`agents[1].tools` for ("agents", 1, "assistant", "tools"): the role is a tag, not a field."""
    fields = [part for at, part in enumerate(location) if at != 2]
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fields).lstrip(".")
