"""The agents that execute tool calls, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from autogen import ConversableAgent

from agents.errors import RunStopped, ToolError
from agents.events import MessageCompleted, ToolReturned
from agents.run import Run
from agents.speaker_order import PendingCall, executor_of, pending_calls
from agents.team_file import TeamFile
from agents.tools.registry import Tool, ToolContext, ToolResult
from configs.errors import AppError


class ToolAgent(ConversableAgent):  # type: ignore[misc]  # AutoGen is untyped
    """Answers the pending tool calls that are its to execute.

    Only a call in the `tool_calls` of a message of a team member that may use the tool is executed; AutoGen's own
    ways of running functions and blocks of code are bypassed, so text can never become an action.
    """

    def __init__(self, name: str, *, team: TeamFile, run: Run, tools: Mapping[str, Tool]) -> None:
        super().__init__(name, llm_config=False, human_input_mode="NEVER", code_execution_config=False)
        self._team = team
        self._run = run
        self._tools = tools

    def generate_reply(
        self, messages: Sequence[Mapping[str, Any]] | None = None, sender: Any = None, **_: Any
    ) -> dict[str, Any]:
        """The results of the calls pending for this agent, as one message."""
        seen = self.chat_messages[sender] if messages is None else messages
        mine = [call for call in pending_calls(seen) if executor_of(self._team, call.tool) == self.name]
        started = time.perf_counter()
        responses = [{"tool_call_id": c.id, "role": "tool", "content": self._execute(c)} for c in mine]
        content = "\n\n".join(response["content"] for response in responses)
        ms = (time.perf_counter() - started) * 1000
        self._run.emit(MessageCompleted(agent=self.name, message_id=uuid4().hex, role="tool", content=content, ms=ms))
        return {"role": "tool", "tool_responses": responses, "content": content}

    def _execute(self, call: PendingCall) -> str:
        self._run.check_stop()
        started = time.perf_counter()
        result = self._result(call)
        ms = (time.perf_counter() - started) * 1000
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
        context = ToolContext(run=self._run, agent=self.name, call_id=call.id)
        try:
            self._check_allowed(call)
            return self._tools[call.tool].call(context, call.arguments)
        except RunStopped:
            raise
        except AppError as error:
            return ToolResult({"error": str(error)}, ok=False, error_type=type(error).__name__)

    def _check_allowed(self, call: PendingCall) -> None:
        assistant = self._team.assistant
        allowed = assistant.tools if call.caller == assistant.name else ()
        if call.tool not in allowed:
            raise ToolError(
                f"{call.caller} cannot call {call.tool[:80]!r}.",
                hint=f"It may call: {', '.join(allowed) or 'nothing'}.",
            )
