"""Every tool there is, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agents.tools.documents import list_documents, read_document, search_documents
from agents.tools.python import run_python
from agents.tools.registry import NAME, Tool
from agents.tools.shell import run_shell
from agents.tools.tables import read_table
from configs.errors import ConfigError

_BUILT_IN: tuple[Tool, ...] = (search_documents, list_documents, read_document, read_table, run_python, run_shell)

TOOLS: Mapping[str, Tool] = {tool.name: tool for tool in _BUILT_IN}


def with_built_in(tools: Sequence[Tool]) -> Mapping[str, Tool]:
    """The tools there are and those given. Raises ConfigError for what is no tool and for a name that is taken."""
    known = dict(TOOLS)
    for tool in tools:
        if not isinstance(tool, Tool):
            raise ConfigError(f"{tool!r} is not a tool.", hint="Write @tool above a function to make one of it.")
        if not NAME.fullmatch(tool.name):
            raise ConfigError(f"{tool.name!r} cannot name a tool.", hint="Use up to 64 letters, digits, - and _.")
        if tool.name in known:
            raise ConfigError(f"There are two tools named {tool.name!r}.", hint="Rename one.")
        known[tool.name] = tool
    return known
