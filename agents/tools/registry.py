"""Tools are plain typed functions: the schema a model sees and the check of what it sends come from the signature."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from agents.errors import ToolError
from agents.run import Run

RESULT_CHARS = 40_000
"""Longest result a model is shown, in characters: about ten thousand tokens."""


@dataclass(frozen=True)
class ToolContext:
    """In which run, by which agent and for which call a tool works."""

    run: Run
    agent: str
    call_id: str


@dataclass(frozen=True)
class ToolResult:
    """What a tool gives back; `ok` is false when the value describes a failure."""

    value: Any
    ok: bool = True

    @property
    def text(self) -> str:
        """The value as JSON, cut to what a model can read."""
        text = json.dumps(self.value, ensure_ascii=False)
        return text if len(text) <= RESULT_CHARS else json.dumps({"cut_short": text[:RESULT_CHARS]}, ensure_ascii=False)


@dataclass(frozen=True)
class Tool:
    """A function a model may call, with the shape of its arguments."""

    name: str
    description: str
    arguments: type[BaseModel] = field(repr=False)
    function: Callable[..., Any] = field(repr=False)

    @property
    def schema(self) -> dict[str, Any]:
        """The tool as the OpenAI chat API describes one."""
        parameters = self.arguments.model_json_schema()
        parameters.pop("title", None)
        for parameter in parameters["properties"].values():
            parameter.pop("title", None)
        function = {"name": self.name, "description": self.description, "parameters": parameters}
        return {"type": "function", "function": function}

    def call(self, context: ToolContext, arguments: str) -> ToolResult:
        """Run the tool on the JSON text a model wrote. Raises ToolError when the text does not fit the signature."""
        try:
            values = self.arguments.model_validate_json(arguments or "{}")
        except ValidationError as error:
            raise ToolError(f"{self.name} was called wrongly: {_explain(error)}.", hint=self._usage) from None
        result = self.function(context, **dict(values))
        return result if isinstance(result, ToolResult) else ToolResult(result)

    @property
    def _usage(self) -> str:
        names = ", ".join(self.arguments.model_fields) or "no arguments"
        return f"Send one JSON object with: {names}."


def tool(function: Callable[..., Any]) -> Tool:
    """Make a tool of `function(context, …)`; its docstring describes it, and each parameter in a line `name: …`."""
    text = inspect.cleandoc(function.__doc__ or "")
    hints = get_type_hints(function)
    _, *parameters = inspect.signature(function).parameters.values()
    fields: dict[str, Any] = {p.name: (hints[p.name], _field(p, text)) for p in parameters}
    strict = ConfigDict(extra="forbid", strict=True)
    arguments = create_model(function.__name__, __config__=strict, **fields)
    described = [line for line in text.splitlines() if line.partition(":")[0] not in fields]
    return Tool(function.__name__, "\n".join(described).strip(), arguments, function)


def _field(parameter: inspect.Parameter, text: str) -> Any:
    default = ... if parameter.default is parameter.empty else parameter.default
    for line in text.splitlines():
        if line.startswith(f"{parameter.name}: "):
            return Field(default, description=line.partition(": ")[2])
    raise TypeError(f"The docstring does not describe the parameter {parameter.name!r}.")


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    reason = f"{first['msg'][0].lower()}{first['msg'][1:]}"
    return f"{where}: {reason}" if where else reason
