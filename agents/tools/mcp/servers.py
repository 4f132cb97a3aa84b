"""The MCP servers of a run: connected in an event loop of their own, and gone when the run is over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp_types import Tool

from agents.errors import ToolServerFailed, ToolTimeout
from agents.ports import StopSignal
from agents.tools.mcp.answers import Answer
from agents.tools.mcp.connection import HINT, Connection, connect
from agents.tools.mcp.pipes import Complaints
from agents.tools.mcp.served_tool import ServedTool
from agents.tools.mcp.server_file import HttpServer, StdioServer
from agents.tools.mcp.untrusted import checked_schema, described, safe_name, words
from agents.tools.time_limit import await_within

_CLOSING_S = 5.0

Server = StdioServer | HttpServer


@dataclass(frozen=True, kw_only=True)
class _Link:
    """A server whose connection is `opened` some time, and `kept` until `closing` is set."""

    name: str
    server: Server
    opened: Future[Connection]
    kept: Future[None]
    closing: anyio.Event
    complaints: Complaints


@contextmanager
def serve(
    servers: Mapping[str, Server], named: Collection[str], *, taken: Collection[str], stop: StopSignal
) -> Iterator[Mapping[str, list[ServedTool]]]:
    """The tools that each of `named` (`SERVER.TOOL` or `SERVER.*`) stands for, under names that are not `taken`.

    Raises ToolServerFailed when a server cannot be reached or has no such tool, RunStopped when stopped meanwhile.
    """
    used = {each.partition(".")[0] for each in named}
    with start_blocking_portal(name="mcp-servers") as portal:
        links = [_begin(portal, name, server) for name, server in servers.items() if name in used]
        try:
            found: dict[str, ServedTool] = {}
            for link in links:
                connection = _opened(link, stop)
                for tool in _wanted(link, connection, named):
                    known = safe_name(link.name, tool.name, taken={*taken, *(each.name for each in found.values())})
                    found[f"{link.name}.{tool.name}"] = _served(known, tool, link, partial(_ask, portal, connection))
            yield {each: _matching(each, found) for each in named}
        finally:
            _end(portal, links)


def _begin(portal: BlockingPortal, name: str, server: Server) -> _Link:
    opened, closing, complaints = Future[Connection](), portal.call(anyio.Event), Complaints()
    kept = portal.start_task_soon(partial(_keep, name, server, opened, closing, complaints))
    return _Link(name=name, server=server, opened=opened, kept=kept, closing=closing, complaints=complaints)


async def _keep(
    name: str, server: Server, opened: Future[Connection], closing: anyio.Event, complaints: Complaints
) -> None:
    opened.set_running_or_notify_cancel()
    try:
        async with connect(name, server, complaints) as connection:
            opened.set_result(connection)
            await closing.wait()
    except ToolServerFailed as error:
        if not opened.done():
            opened.set_exception(error)
    finally:
        if not opened.done():
            opened.set_exception(ToolServerFailed(f"The MCP server {name!r} was given up."))


def _opened(link: _Link, stop: StopSignal) -> Connection:
    limit = link.server.timeout_s
    try:
        return await_within(limit, link.opened, name=link.name, stop=stop)
    except ToolTimeout:
        last = words(link.complaints.last, 200)
        sentence = f"The MCP server {link.name!r} did not answer within {limit:g} s{f' ({last})' if last else ''}."
        raise ToolServerFailed(sentence, hint=HINT) from None


def _wanted(link: _Link, connection: Connection, named: Collection[str]) -> list[Tool]:
    listed = {tool.name: tool for tool in connection.tools}
    here = [each.partition(".")[2] for each in named if each.startswith(f"{link.name}.")]
    wanted = list(link.server.tools or listed) if "*" in here else here
    missing = [tool for tool in wanted if tool not in listed]
    if missing or not wanted:
        what = f"no tool {missing[0]!r}" if missing else "no tools"
        there = words(", ".join(sorted(listed)), 300) or "none"
        raise ToolServerFailed(f"The MCP server {link.name!r} has {what}.", hint=f"Those it has: {there}.")
    return [listed[tool] for tool in wanted]


def _served(known: str, tool: Tool, link: _Link, ask: partial[Future[Answer]]) -> ServedTool:
    what = f"The tool {words(tool.name, 80)!r} of the MCP server {link.name!r}"
    return ServedTool(
        name=known,
        what=what,
        description=described(link.name, tool.description or tool.title),
        parameters=checked_schema(tool.input_schema, what=what),
        ask=partial(ask, tool.name, what),
        timeout_s=link.server.timeout_s,
        effect="reads" if only_reads(tool) else "sends" if destroys(tool) else "acts",
    )


def only_reads(tool: Tool) -> bool:
    """Whether its server says that it changes nothing and reaches nothing beyond itself.

    A tool of the open world sends its arguments out, which can hold what was read; so does, as the protocol has it, one
    of which the server says nothing. It is the server's word: whoever names a server in a team file trusts it so far.
    """
    says = tool.annotations
    return says is not None and says.read_only_hint is True and says.open_world_hint is False


def destroys(tool: Tool) -> bool:
    """Whether its server says outright that what it does may not be taken back; silence is not taken for that."""
    return tool.annotations is not None and tool.annotations.destructive_hint is True


def _ask(
    portal: BlockingPortal, connection: Connection, tool: str, what: str, arguments: Mapping[str, object]
) -> Future[Answer]:
    return portal.start_task_soon(partial(connection.call, tool, arguments, what=what))


def _matching(named: str, found: Mapping[str, ServedTool]) -> list[ServedTool]:
    server, _, tool = named.partition(".")
    return [each for key, each in found.items() if key == named or (tool == "*" and key.startswith(f"{server}."))]


def _end(portal: BlockingPortal, links: Iterable[_Link]) -> None:
    """Close the connections, and give up those that take too long about it."""
    for link in links:
        with suppress(RuntimeError):
            _ = portal.call(link.closing.set) if link.opened.done() else link.kept.cancel()
    for late in wait([link.kept for link in links], timeout=_CLOSING_S).not_done:
        late.cancel()
