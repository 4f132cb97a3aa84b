"""What a docstring says a function is for, and what about each of its parameters."""

from __future__ import annotations

import inspect
import re
from collections.abc import Container
from typing import Any

from pydantic.fields import FieldInfo

_PARAMETER = re.compile(r"(?P<indent>\s*)(?::param\s+)?(?P<name>\w+)\s*(?:\([^)]*\))?\s*:\s+(?P<text>\S.*)")
_HEADING = re.compile(r"\s*(args|arguments|parameters)\s*:?\s*", re.IGNORECASE)


def describe(docstring: str, names: Container[str]) -> tuple[str, dict[str, str]]:
    """The text without the lines on parameters, and those: `name: …`, also under `Args:` or after `:param`.

    A line that is indented deeper goes on with the parameter above it.
    """
    told: dict[str, str] = {}
    rest: list[str] = []
    current, indent = "", 0
    for line in inspect.cleandoc(docstring).splitlines():
        found = _PARAMETER.fullmatch(line)
        if found and found["name"] in names:
            current, indent = found["name"], len(found["indent"])
            told[current] = found["text"]
        elif current and line[: indent + 1].isspace() and line.strip():
            told[current] += f" {line.strip()}"
        else:
            current = ""
            rest += [] if _HEADING.fullmatch(line) else [line]
    return "\n".join(rest).strip(), told


def described_by(hint: Any) -> str:
    """The description in `Annotated[int, "how many"]` or `Annotated[int, Field(description="how many")]`."""
    for each in getattr(hint, "__metadata__", ()):
        text = each.description if isinstance(each, FieldInfo) else each
        if isinstance(text, str):
            return text
    return ""
