"""A tool of an MCP server as one of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Any

from agents.errors import ToolError, ToolServerFailed
from agents.tools.mcp.answers import Answer
from agents.tools.mcp.arguments import read_arguments
from agents.tools.registry import Effect, ToolContext, ToolResult, check_length, described
from agents.tools.time_limit import await_within


@dataclass(frozen=True, kw_only=True)
class ServedTool:
    """`what` names the tool and its server in sentences; `ask` sends a call and hands out its answer when it comes."""

    name: str
    what: str
    description: str
    parameters: Mapping[str, Any] = field(repr=False)
    ask: Callable[[Mapping[str, Any]], Future[Answer]] = field(repr=False)
    timeout_s: float
    effect: Effect = "acts"

    @property
    def schema(self) -> Mapping[str, Any]:
        """The tool as the OpenAI chat API describes one."""
        return described(self.name, self.description, self.parameters)

    def call(self, context: ToolContext, arguments: str) -> ToolResult:
        """Let the server work. Raises ToolError for bad arguments, a failing tool or server, and one that is slow."""
        check_length(self.name, arguments)
        values = read_arguments(arguments, self.parameters, what=self.what)
        try:
            answer = await_within(self.timeout_s, self.ask(values), name=self.what, stop=context.run.stop)
        except (CancelledError, RuntimeError):
            raise ToolServerFailed(f"{self.what} is gone: its server is disconnected.") from None
        if answer.failed:
            raise ToolError(f"{self.what} reports a failure: {answer.text.strip() or 'it does not say which'}")
        return ToolResult(answer.as_dict())
