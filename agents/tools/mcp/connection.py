"""One MCP server, connected: what it offers, and calls of it. Runs in the event loop that opened it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from mcp import Client, MCPError
from mcp_types import (
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
    Implementation,
    PaginatedRequestParams,
    Tool,
)
from pydantic import ValidationError

from agents.errors import ToolServerFailed
from agents.tools.mcp.answers import Answer, answer
from agents.tools.mcp.bounds import PAGES, TOOLS
from agents.tools.mcp.pipes import Complaints, piped
from agents.tools.mcp.server_file import HttpServer, StdioServer
from agents.tools.mcp.untrusted import words
from agents.tools.mcp.web import addressed
from agents.tools.reasons import reason
from configs.errors import AppError

HINT = "Look at the server, and at mcp_servers in the team file."
_US = Implementation(name="roundtable", version="1")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Connection:
    """A server and the tools it listed."""

    client: Client
    tools: Sequence[Tool]

    async def call(self, tool: str, arguments: Mapping[str, Any], *, what: str) -> Answer:
        """What a tool answers. Raises ToolServerFailed."""
        request = CallToolRequest(params=CallToolRequestParams(name=tool, arguments=dict(arguments)))
        with failures(what):
            # Not `call_tool`: it runs the regular expressions of a stranger's schema over a stranger's result.
            return answer(await self.client.session.send_request(request, CallToolResult))


@asynccontextmanager
async def connect(name: str, server: StdioServer | HttpServer, complaints: Complaints) -> AsyncIterator[Connection]:
    """A server as long as the context is open. Raises ToolServerFailed when it cannot be reached or understood."""
    logging.getLogger("mcp").setLevel(logging.CRITICAL)  # it logs what servers send, with tracebacks
    with failures(f"The MCP server {name!r}", complaints):
        transport = piped(server, complaints) if isinstance(server, StdioServer) else addressed(server)
        async with Client(transport, client_info=_US, cache=None) as client:
            yield Connection(client, await _listed(name, client))


async def _listed(name: str, client: Client) -> list[Tool]:
    found: list[Tool] = []
    cursor: str | None = None
    for _ in range(PAGES):
        page = await client.session.list_tools(params=PaginatedRequestParams(cursor=cursor))
        found += page.tools
        cursor = page.next_cursor
        if cursor is None or len(found) > TOOLS:
            break
    if cursor is not None or len(found) > TOOLS:
        raise ToolServerFailed(f"The MCP server {name!r} lists more than {TOOLS} tools.", hint=HINT)
    if len({tool.name for tool in found}) < len(found):
        raise ToolServerFailed(f"The MCP server {name!r} lists two tools of one name.", hint=HINT)
    return found


@contextmanager
def failures(what: str, complaints: Complaints | None = None) -> Iterator[None]:
    """Whatever goes wrong as a ToolServerFailed about `what`."""
    try:
        yield
    except Exception as error:
        cause = _first(error)
        if isinstance(cause, AppError):
            raise cause from None
        log.debug("%s failed", what, exc_info=error)
        raise ToolServerFailed(f"{what} failed: {_why(cause, complaints)}.", hint=HINT) from error


def _why(cause: BaseException, complaints: Complaints | None) -> str:
    if isinstance(cause, MCPError):
        last = words(complaints.last, 200) if complaints else ""
        return words(cause.message, 200).rstrip(".") + (f" ({last})" if last else "")
    if isinstance(cause, ValidationError):
        place = ".".join(str(step) for step in cause.errors(include_url=False)[0]["loc"])
        return f"what it sent breaks the protocol at {words(place, 100)}"
    return reason(cause)


def _first(error: BaseException) -> BaseException:
    """The cause in a group of causes."""
    inner = getattr(error, "exceptions", ())
    return _first(inner[0]) if inner else error
