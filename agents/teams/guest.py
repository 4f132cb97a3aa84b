"""Any AutoGen agent at our table: what it says is in the log, and it never runs code that stands in a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from autogen import ConversableAgent

from agents.errors import TeamError
from agents.events import MessageCompleted
from agents.run import Run

Guest = Callable[[Run], ConversableAgent]
"""Makes an AutoGen agent of one's own for a run; its name is that of its seat."""


def seated(agent: ConversableAgent, run: Run, *, answers: bool) -> ConversableAgent:
    """The agent with an ear to what it sends. Raises TeamError for one that would run code it reads in a message."""
    if agent.__dict__.get("_code_execution_config", False) is not False:
        raise TeamError(
            f"The guest {agent.name} would run code that stands in a message, also in one that quotes a document.",
            hint="Make it with code_execution_config=False; code runs in the sandbox, as a call of run_python.",
        )

    if agent.human_input_mode != "NEVER":
        raise TeamError(
            f"The guest {agent.name} would ask a person on the console (human_input_mode {agent.human_input_mode}).",
            hint="Make it with human_input_mode='NEVER'.",
        )
    agent._is_termination_msg = lambda _: False  # no words in a message end the run

    def hear(sender: Any, message: Any, recipient: Any, silent: bool) -> Any:  # noqa: ARG001 - AutoGen's hook
        said = str(message.get("content") or "") if isinstance(message, dict) else str(message)
        if said == run.question:
            return message
        content = run.clean(said, agent=agent.name)
        run.emit(MessageCompleted(agent=agent.name, message_id=uuid4().hex, role="guest", content=content))
        if answers:
            run.answer, run.abstained = content, False
        return {**message, "content": content} if isinstance(message, dict) else content

    agent.register_hook("process_message_before_send", hear)
    return agent
