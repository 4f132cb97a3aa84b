"""Cuts a table that is too long into whole rows, and a row that is too wide into columns, all under the header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby, zip_longest

from retrieval.chunking.cutting import cut, pack
from retrieval.chunking.embedder_tokens import EmbedderTokens

_RULE = re.compile(r"\|(?: *:?-+:? *\|)+\s*")
_BAR = re.compile(r"(?<!\\)\|")
_COLUMN, _ENDS = 4, 3
"""Tokens that each further column takes for bars and rule, and those at the ends of the three lines."""

Cell = tuple[str, str]
"""Name of the column and value."""


def table_parts(table: str) -> tuple[str, str, list[str]]:
    """What stands before a Markdown table, its header with the rule, and its rows; no header if it is no table."""
    lines = table.splitlines(keepends=True)
    rule = next((at for at, line in enumerate(lines) if at and _RULE.fullmatch(line)), 0)
    if not rule:
        return "", "", []
    return "".join(lines[: rule - 1]), "".join(lines[rule - 1 : rule + 1]), lines[rule + 1 :]


def cut_table(table: str, limit: int, tokens: EmbedderTokens) -> list[str]:
    """The pieces, of at most `limit` tokens if the caption is short.

    None when the name of a column leaves no room, or when other text follows the table.
    """
    caption, header, rows = table_parts(table)
    if not header or not all(_BAR.match(row) for row in rows):
        return []
    head, *sizes = tokens.counts([header, *rows])
    pieces: list[str] = []
    for fits, group in groupby(zip(rows, sizes, strict=True), key=lambda row: head + row[1] <= limit):
        lines, lengths = zip(*group, strict=True)
        if fits:
            pieces += [header + body for body in pack(lines, lengths, limit - head)]
            continue
        for line in lines:
            cells = [part for cell in _cells(header, line) for part in _short(cell, limit, tokens)]
            if not all(value for _, value in cells):
                return []
            pieces += _columns(cells, limit, tokens)
    return [caption + pieces[0], *pieces[1:]] if pieces else []


def _cells(header: str, row: str) -> Iterator[Cell]:
    names, values = (
        [cell.strip() for cell in _BAR.split(line.strip())[1:-1]] for line in (header.splitlines()[0], row)
    )
    return ((name, value) for name, value in zip_longest(names, values, fillvalue="") if value)


def _short(cell: Cell, limit: int, tokens: EmbedderTokens) -> list[Cell]:
    """A long cell in parts that fit under the name of its column; an empty one when nothing does."""
    name, value = cell
    room = limit - tokens.count(name) - _COLUMN - _ENDS
    return [(name, value[start:end]) for start, end in cut(value, room, tokens.spans)] if room > 0 else [(name, "")]


def _columns(cells: list[Cell], limit: int, tokens: EmbedderTokens) -> Iterator[str]:
    """One row as several tables of one row."""
    held: list[Cell] = []
    room = 0
    for cell in cells:
        need = sum(map(tokens.count, cell)) + _COLUMN
        if held and need > room:
            yield _table(held)
            held = []
        room = room - need if held else limit - _ENDS - need
        held.append(cell)
    if held:
        yield _table(held)


def _table(cells: list[Cell]) -> str:
    names, values = zip(*cells, strict=True)
    return "\n".join(f"| {' | '.join(row)} |" for row in (names, ["-"] * len(cells), values))
