"""An MCP server as a team file names it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag


class _Server(BaseModel):
    """`timeout_s` bounds the connecting and each call; with `tools` only those of its tools are used."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timeout_s: float = Field(30.0, gt=0, le=600)
    tools: tuple[str, ...] | None = Field(None, min_length=1)


class StdioServer(_Server):
    """A program that is started for every run and ends with it; of our environment it gets what it needs to start."""

    command: str = Field(min_length=1)
    args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default_factory=dict, repr=False)
    cwd: str | None = None


class HttpServer(_Server):
    """An address that speaks MCP's streamable HTTP."""

    url: str = Field(pattern=r"^https?://[^/\s]")
    headers: dict[str, str] = Field(default_factory=dict, repr=False)


SERVERS: dict[str, type[_Server]] = {"command": StdioServer, "url": HttpServer}


def _kind(server: Any) -> str | None:
    """The field that tells what a server is, if exactly one does."""
    if isinstance(server, _Server):
        return "command" if isinstance(server, StdioServer) else "url"
    found = [kind for kind in SERVERS if isinstance(server, dict) and kind in server]
    return found[0] if len(found) == 1 else None


Server = Annotated[
    Annotated[StdioServer, Tag("command")] | Annotated[HttpServer, Tag("url")],
    Discriminator(_kind),
]
ServerName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,23}$")]
