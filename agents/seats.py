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
    """A part of a team file: what is in it is all there is."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RetrieverSeat(Part):
    """Opens every run with the passages found for the question."""

    name: Name
    role: Literal["retriever"]


class AssistantSeat(Part):
    """Answers; may call `tools`, which another seat executes."""

    name: Name
    role: Literal["assistant"]
    prompt: str = "assistant"
    tools: tuple[str, ...] = ()

    @property
    def instructions(self) -> str:
        """The system message."""
        return prompt(self.prompt, not_in_documents=NOT_IN_DOCUMENTS)


class CriticSeat(Part):
    """Checks the answer once and may ask for one revision."""

    name: Name
    role: Literal["critic"]
    prompt: str = "critic"

    @property
    def instructions(self) -> str:
        """The system message."""
        return prompt(self.prompt, revise=REVISE)


class ToolSeat(Part):
    """Executes calls of `tools`."""

    name: Name
    role: Literal["tool_agent"]
    tools: tuple[str, ...] = Field(min_length=1)


class CodeSeat(Part):
    """Executes calls of `run_python` and `run_shell`, in the sandbox."""

    name: Name
    role: Literal["code_executor"]

    @property
    def tools(self) -> tuple[str, ...]:
        """The only tools it has."""
        return CODE_TOOLS


Seat = RetrieverSeat | AssistantSeat | CriticSeat | ToolSeat | CodeSeat
ROLES: dict[str, type[Seat]] = {
    "retriever": RetrieverSeat,
    "assistant": AssistantSeat,
    "critic": CriticSeat,
    "tool_agent": ToolSeat,
    "code_executor": CodeSeat,
}
