"""The seats at a table, as a team file describes them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.words import NOT_IN_DOCUMENTS, REVISE
from configs.prompts import prompt

CODE_TOOLS = ("run_python", "run_shell")
"""What only a code executor executes."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]


class Part(BaseModel):
    """A part of a team file: what is in it is all there is. What is said of a field is in the schema for editors."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class RetrieverSeat(Part):
    """Puts the passages found for the question on the table."""

    name: Name
    """What the agent is called; every name differs."""
    role: Literal["retriever"]
    """It puts the passages found for the question on the table."""
    kb: str = ""
    """The knowledge base it searches; empty: that of the conversation."""
    description: str = "finds passages of the documents"
    """What it is good for, in a few words: the order auto decides by it."""


class AssistantSeat(Part):
    """Answers; may call tools, which another seat executes."""

    name: Name
    """What the agent is called; every name differs."""
    role: Literal["assistant"]
    """It answers, or says what it finds to another assistant that does."""
    prompt: str = "assistant"
    """Its instructions: one of configs/prompts, or a .md file beside the team file; with $not_in_documents in it."""
    model: str = ""
    """One of the settings' models; empty: that of the conversation."""
    kb: str = ""
    """The knowledge base its tools work on; empty: that of the conversation."""
    description: str = "answers from the passages"
    """What it is good for, in a few words: the order auto decides by it."""
    tools: tuple[str, ...] = ()
    """What it may call; exactly one other agent must execute each. SERVER.TOOL and SERVER.* are of an MCP server."""

    @property
    def instructions(self) -> str:
        """The system message."""
        return prompt(self.prompt, not_in_documents=NOT_IN_DOCUMENTS)


class CriticSeat(Part):
    """Checks the answer and may ask for a revision."""

    name: Name
    """What the agent is called; every name differs."""
    role: Literal["critic"]
    """It checks the answer before the user reads it, and may ask for a revision."""
    prompt: str = "critic"
    """Its instructions: one of configs/prompts, or a .md file beside the team file; with $revise in it."""
    model: str = ""
    """One of the settings' models; empty: that of the conversation."""
    description: str = "checks the answer"
    """What it is good for, in a few words: the order auto decides by it."""

    @property
    def instructions(self) -> str:
        """The system message."""
        return prompt(self.prompt, revise=REVISE)


class ToolSeat(Part):
    """Executes calls of tools."""

    name: Name
    """What the agent is called; every name differs."""
    role: Literal["tool_agent"]
    """It executes the tools that assistants call."""
    tools: tuple[str, ...] = Field(min_length=1)
    """What it executes: any but run_python and run_shell. SERVER.TOOL and SERVER.* are of an MCP server."""


class CodeSeat(Part):
    """Executes calls of `run_python` and `run_shell`, in the sandbox."""

    name: Name
    """What the agent is called; every name differs."""
    role: Literal["code_executor"]
    """It executes run_python and run_shell, in the sandbox."""

    @property
    def tools(self) -> tuple[str, ...]:
        """The only tools it has."""
        return CODE_TOOLS


class GuestSeat(Part):
    """Any AutoGen agent, which the Python code that builds the team brings along."""

    name: Name
    """What the agent is called; every name differs."""
    role: Literal["guest"]
    """It is an AutoGen agent of one's own, which needs a team that Python code builds."""
    description: str = "says what it has to say"
    """What it is good for, in a few words: the order auto decides by it."""


Seat = RetrieverSeat | AssistantSeat | CriticSeat | ToolSeat | CodeSeat | GuestSeat
ROLES: dict[str, type[Seat]] = {
    "retriever": RetrieverSeat,
    "assistant": AssistantSeat,
    "critic": CriticSeat,
    "tool_agent": ToolSeat,
    "code_executor": CodeSeat,
    "guest": GuestSeat,
}
