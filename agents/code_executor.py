"""The agent that runs code, in the sandbox and nowhere else."""

from __future__ import annotations

from agents.tool_agent import ToolAgent


class CodeExecutorAgent(ToolAgent):
    """A tool agent that has `run_python` and `run_shell`: code reaches it only as the argument of such a call."""
