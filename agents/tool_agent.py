"""The agents that execute tool calls, and nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from autogen import ConversableAgent

from agents.errors import RunStopped, ToolError
from agents.events import MessageCompleted, ToolReturned
from agents.run import Run
from agents.safety.provenance import fenced, unasked
from agents.teams.speaker_order import PendingCall, executor_of, pending_calls
from agents.teams.team_file import TeamFile
from agents.tools.permission import doubt, permitted
from agents.tools.registry import Tool, ToolContext, ToolResult, effect_of
from configs.errors import AppError


class ToolAgent(ConversableAgent):  # type: ignore[misc]  # AutoGen is untyped
    """Answers the pending tool calls that are its to execute.

    Only a call in the `tool_calls` of a message of a team member that may use the tool is executed; AutoGen's own
    ways of running functions and blocks of code are bypassed, so text can never become an action. A call that acts and
    that something read may be behind waits for a person. Agents read results as data.
    """

    def __init__(self, name: str, *, team: TeamFile, run: Run, tools: Mapping[str, Tool]) -> None:
        super().__init__(name, llm_config=False, human_input_mode="NEVER", code_execution_config=False)
        self._team = team
        self._run = run
        self._tools = tools
        self._acting = tuple(name for name, tool in tools.items() if effect_of(tool) != "reads")

    def generate_reply(
        self, messages: Sequence[Mapping[str, Any]] | None = None, sender: Any = None, **_: Any
    ) -> dict[str, Any]:
        """The results of the calls pending for this agent, as one message."""
        seen = self.chat_messages[sender] if messages is None else messages
        mine = [call for call in pending_calls(seen) if executor_of(self._team, call.tool) == self.name]
        started = time.perf_counter()
        results = [self._execute(call) for call in mine]
        responses = [
            {"tool_call_id": call.id, "role": "tool", "content": fenced(self._called(call), result)}
            for call, result in zip(mine, results, strict=True)
        ]
        content = "\n\n".join(results)
        ms = (time.perf_counter() - started) * 1000
        self._run.emit(MessageCompleted(agent=self.name, message_id=uuid4().hex, role="tool", content=content, ms=ms))
        told = "\n\n".join(response["content"] for response in responses)
        return {"role": "tool", "tool_responses": responses, "content": told}

    def _called(self, call: PendingCall) -> str:
        return f"the tool {call.tool}" if call.tool in self._tools else "an unknown tool"

    def _execute(self, call: PendingCall) -> str:
        self._run.check_stop()
        started = time.perf_counter()
        result = self._result(call)
        ms = (time.perf_counter() - started) * 1000
        self._run.told.append(result.text)
        self._run.emit(
            ToolReturned(
                agent=self.name,
                call_id=call.id,
                tool=call.tool,
                content=result.text,
                ok=result.ok,
                ms=ms,
                error_type=result.error_type or ("" if result.ok else ToolError.__name__),
            )
        )
        return result.text

    def _result(self, call: PendingCall) -> ToolResult:
        context = ToolContext(self._run, self.name, call.id, acting=self._acting, caller=call.caller)
        try:
            self._check_allowed(call)
            tool = self._tools[call.tool]
            reason = ""
            if (effect := effect_of(tool)) in ("acts", "sends"):
                reason = doubt(self._run, call.arguments, written="json", tools=self._acting)
            if effect == "sends":
                reason = reason or unasked(call.tool, call.arguments, question=self._run.question)
            return _asked(tool, context, call.arguments, reason) if reason else tool.call(context, call.arguments)
        except RunStopped:
            raise
        except AppError as error:
            return ToolResult({"error": str(error)}, ok=False, error_type=type(error).__name__)

    def _check_allowed(self, call: PendingCall) -> None:
        allowed = next((seat.tools for seat in self._team.assistants if seat.name == call.caller), ())
        if call.tool not in allowed:
            raise ToolError(
                f"{call.caller} cannot call {call.tool[:80]!r}.",
                hint=f"It may call: {', '.join(allowed) or 'nothing'}.",
            )


def _asked(tool: Tool, context: ToolContext, arguments: str, reason: str) -> ToolResult:
    """Call it with what a person allows, which is what was shown or what came back."""
    answer = permitted(context, _legible(arguments), written="json", reason=reason)
    result = tool.call(context, answer.code)
    if not answer.edited:
        return result
    note = "The user changed the arguments before the call; `arguments` is what it was called with."
    return replace(result, value={"note": note, "arguments": answer.code, "result": result.value})


def _legible(arguments: str) -> str:
    """The same arguments over several lines, each once; as they are when they are no JSON."""
    try:
        return json.dumps(json.loads(arguments), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return arguments
