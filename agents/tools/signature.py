"""How a model calls a function: the schema it sees, and the check of what it sends, from signature and docstring."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.errors import PydanticUserError

from agents.errors import ToolError
from agents.tools.docstring import describe, described_by

_WHERE_CHARS = 100


@dataclass(frozen=True, kw_only=True)
class Signature:
    """What a function is for and which arguments it takes beside its context."""

    description: str
    names: tuple[str, ...]
    takes_context: bool
    parameters: Mapping[str, Any] = field(repr=False)
    model: type[BaseModel] = field(repr=False)

    def read(self, tool: str, text: str) -> dict[str, Any]:
        """The arguments in the JSON text a model wrote. Raises ToolError when they do not fit."""
        try:
            read = self.model.model_validate_json(text.strip() or "{}", strict=True, extra="forbid")
        except ValidationError as error:
            hint = f"Send one JSON object with: {', '.join(self.names) or 'no arguments'}."
            raise ToolError(f"{tool} was called wrongly: {_explain(error)}.", hint=hint) from None
        return dict(zip(self.names, (value for _, value in read), strict=True))


def signature_of(function: Callable[..., Any], *, context: type) -> Signature:
    """Raises TypeError, in one sentence, for a function that no model could call."""
    name = function.__name__
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(f"The tool {name} must be a plain function, not an async one.")
    parameters, hints = list(inspect.signature(function).parameters.values()), _hints(function)
    takes_context = bool(parameters) and hints.get(parameters[0].name) is context
    given = parameters[takes_context:]
    description, told = describe(function.__doc__ or "", [parameter.name for parameter in given])
    if not description:
        raise TypeError(f"The docstring of {name} does not say what the tool is for.")
    fields: dict[str, Any] = {f"p{n}": _field(p, hints, told, name) for n, p in enumerate(given)}
    try:
        model = create_model(name, __config__=ConfigDict(extra="forbid", strict=True), **fields)
        schema = _untitled(model.model_json_schema())
    except PydanticUserError as error:
        raise TypeError(f"A parameter of {name} has a type that JSON cannot hold: {error.message}") from None
    names = tuple(parameter.name for parameter in given)
    return Signature(description=description, names=names, takes_context=takes_context, parameters=schema, model=model)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(function, include_extras=True)
    except NameError as error:
        raise TypeError(f"The types of {function.__name__} cannot be found: {error}.") from None


def _field(
    parameter: inspect.Parameter, hints: Mapping[str, Any], told: Mapping[str, str], function: str
) -> tuple[Any, Any]:
    name = parameter.name
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
        raise TypeError(f"The parameter {name!r} of {function} cannot be passed by its name, as a model does.")
    if name not in hints:
        raise TypeError(f"The parameter {name!r} of {function} has no type.")
    description = told.get(name) or described_by(hints[name])
    if not description:
        raise TypeError(f"The docstring does not describe the parameter {name!r}.")
    default = ... if parameter.default is parameter.empty else parameter.default
    return hints[name], Field(default, alias=name, description=description)


def _untitled(schema: Any) -> Any:
    """Without the titles pydantic makes of names, which tell a model nothing."""
    if isinstance(schema, list):
        return [_untitled(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _untitled(value) for key, value in schema.items() if key != "title" or isinstance(value, dict)}


def _explain(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])[:_WHERE_CHARS]
    reason = f"{first['msg'][0].lower()}{first['msg'][1:]}"
    return f"{where}: {reason}" if where else reason
