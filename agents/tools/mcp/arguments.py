"""Checks what a model sends against the schema of an MCP server, which nobody vouches for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic_core import from_json

from agents.errors import ToolError
from agents.tools.mcp.untrusted import words

_CHECKED = ("type", "properties", "required", "enum", "const", "minimum", "maximum")
"""Keywords that take no longer than the arguments are long: patterns and references could take for ever."""


def read_arguments(text: str, schema: Mapping[str, Any], *, what: str) -> dict[str, Any]:
    """The JSON object in a model's text. Raises ToolError when it is none or does not fit the simple parts of `schema`.

    The rest is checked by the server.
    """
    try:
        values = from_json(text.strip() or "{}", allow_inf_nan=False)
    except ValueError as error:
        raise ToolError(
            f"{what} was called with invalid JSON ({words(str(error), 100)}).", hint="Send an object."
        ) from None
    if not isinstance(values, dict):
        raise ToolError(f"{what} was called with no JSON object.", hint="Send an object.")
    for mistake in _checker()(schema).iter_errors(values):
        where = ".".join(str(step) for step in mistake.absolute_path)
        reason = words(mistake.message, 200)
        raise ToolError(f"{what} was called wrongly: {f'{words(where, 100)}: ' if where else ''}{reason}.")
    return values


@cache
def _checker() -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import create

    known = Draft202012Validator.VALIDATORS
    checks = {**{keyword: known[keyword] for keyword in _CHECKED}, "additionalProperties": _no_others}
    return create(meta_schema={}, validators=checks, id_of=lambda _: "")


def _no_others(_: Any, allowed: Any, values: Any, schema: Mapping[str, Any]) -> Iterator[Exception]:
    from jsonschema import ValidationError

    if allowed is not False or not isinstance(values, dict) or "patternProperties" in schema:
        return
    for name in values.keys() - schema.get("properties", {}).keys():
        yield ValidationError(f"there is no argument {name!r}")
