"""On which line of a team file each of its fields stands; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import yaml

_LAST = re.compile(r"(?:^|\.)[^.\[\]]*$|\.?\[[^\]]*\]$")
_PATH = re.compile(r"^[^\s:]+(?=[:,\s]|$)")


def line_numbers(node: yaml.Node | None, path: str = "") -> dict[str, int]:
    """`agents[1].tools` → its line, counted from 1, for every field and list item below `node`."""
    return dict(_lines(node, path))


def located(mistake: str, lines: Mapping[str, int] | None) -> str:
    """`mistake`, which begins with the path of a field, after the line where that field or what holds it stands."""
    found = _PATH.match(mistake)
    if not lines or found is None:
        return mistake
    path = found[0]
    while path and path not in lines and _LAST.search(path):
        path = _LAST.sub("", path)
    return f"line {lines.get(path, 1)}, {mistake}"


def _lines(node: yaml.Node | None, path: str) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = f"{path}.{key.value}".lstrip(".")
            yield name, key.start_mark.line + 1
            yield from _lines(value, name)
    elif isinstance(node, yaml.SequenceNode):
        for at, item in enumerate(node.value):
            yield f"{path}[{at}]", item.start_mark.line + 1
            yield from _lines(item, f"{path}[{at}]")
