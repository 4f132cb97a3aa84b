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
    """Puts the passages found for the question on the table; `kb` is where, unless it is the conversation's own."""

    name: Name
    role: Literal["retriever"]
    kb: str = ""
    description: str = "finds passages of the documents"


class AssistantSeat(Part):
    """Answers; may call `tools`, which another seat executes.

    `prompt` is one of configs/prompts or a .md file beside the team file; `model` one of the settings' models, `kb` the
    knowledge base its tools work on, both the conversation's own when empty.
    """

    name: Name
    role: Literal["assistant"]
    prompt: str = "assistant"
    model: str = ""
    kb: str = ""
    description: str = "answers from the passages"
    tools: tuple[str, ...] = ()

    @property
    def instructions(self) -> str:
        """The system message."""
        return prompt(self.prompt, not_in_documents=NOT_IN_DOCUMENTS)


class CriticSeat(Part):
    """Checks the answer and may ask for a revision."""

    name: Name
    role: Literal["critic"]
    prompt: str = "critic"
    model: str = ""
    description: str = "checks the answer"

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


class GuestSeat(Part):
    """Any AutoGen agent, which the Python code that builds the team brings along."""

    name: Name
    role: Literal["guest"]
    description: str = "says what it has to say"


Seat = RetrieverSeat | AssistantSeat | CriticSeat | ToolSeat | CodeSeat | GuestSeat
ROLES: dict[str, type[Seat]] = {
    "retriever": RetrieverSeat,
    "assistant": AssistantSeat,
    "critic": CriticSeat,
    "tool_agent": ToolSeat,
    "code_executor": CodeSeat,
    "guest": GuestSeat,
}
