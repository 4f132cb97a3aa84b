"""The tables of a document, read from its kept structure: a pure function of JSON, without Docling."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from retrieval.types import Chunk

_BAR = re.compile(r"(?<!\\)\|")

Cell = tuple[str, range, range, bool]
"""Text, the rows and the columns it covers, and whether it heads its columns."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table as its document holds it; `caption` is the name of the sheet where there is no other."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    page: int | None = None
    caption: str = ""

    def csv(self) -> bytes:
        """The whole table, header first, as UTF-8; every value exactly as in the document."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.columns, *self.rows])
        return text.getvalue().encode("utf-8", "replace")


def tables(structure: Mapping[str, Any]) -> list[Table]:
    """The tables of a DoclingDocument in reading order; those without any cell are left out."""
    return [_table(found, structure) for found in structure.get("tables", ()) if found["data"]["table_cells"]]


def standing(table: Table, chunks: Sequence[Chunk]) -> list[Chunk]:
    """The chunks of a document that hold rows of `table`; where its rows are cut into columns, those with its columns.

    Another table before it that says the same is not taken for it.
    """
    page = table.page or 0
    later = [chunk for chunk in chunks if chunk.page_last is None or chunk.page_last >= page]
    rows = {_plain(row) for row in table.rows or (table.columns,) if any(row)}
    whole = [chunk for chunk in later if not rows.isdisjoint(_rows(chunk))]
    names = {*_plain(table.columns)}
    return whole or [chunk for chunk in later if chunk.kind == "table" and names.issuperset(next(_rows(chunk), ()))]


def arranged(cells: Iterable[Cell], rows: int, columns: int) -> tuple[list[str], list[list[str]]]:
    """Header and rows; a cell that spans several stands in each.

    Stacked header rows become one, their texts joined; without any, the first row is the header.
    """
    grid = [[""] * columns for _ in range(rows)]
    heads = [False] * rows
    for text, down, across, heading in cells:
        for row in down[: max(rows - down.start, 0)]:
            heads[row] |= heading
            for column in across[: max(columns - across.start, 0)]:
                grid[row][column] = text
    stacked = len(list(takewhile(bool, heads))) or 1
    header = [" - ".join(dict.fromkeys(filter(None, names))) for names in zip(*grid[:stacked], strict=True)]
    return header, grid[stacked:]


def _table(found: Mapping[str, Any], structure: Mapping[str, Any]) -> Table:
    data = found["data"]
    header, rows = arranged(_cells(data["table_cells"]), data["num_rows"], data["num_cols"])
    return Table(
        columns=tuple(" ".join(name.split()) for name in header),
        rows=tuple(tuple(row) for row in rows),
        page=next((place["page_no"] for place in found.get("prov", ())), None),
        caption=_caption(found, structure),
    )


def _cells(cells: Sequence[Mapping[str, Any]]) -> Iterator[Cell]:
    for cell in cells:
        down = range(cell["start_row_offset_idx"], cell["end_row_offset_idx"])
        across = range(cell["start_col_offset_idx"], cell["end_col_offset_idx"])
        yield cell["text"], down, across, cell.get("column_header", False)


def _caption(found: Mapping[str, Any], structure: Mapping[str, Any]) -> str:
    texts = (_named(reference, structure).get("text", "") for reference in found.get("captions", ()))
    caption = " ".join(" ".join(texts).split())
    parent = _named(found.get("parent"), structure)
    return caption or (str(parent.get("name", "")) if parent.get("label") == "sheet" else "")


def _named(reference: Mapping[str, str] | None, structure: Mapping[str, Any]) -> Mapping[str, Any]:
    """What `{"$ref": "#/texts/5"}` names; empty for what is no member of a list."""
    _, _, path = (reference or {}).get("$ref", "").partition("#/")
    kind, _, number = path.partition("/")
    items = structure.get(kind)
    return items[int(number)] if isinstance(items, list) and number.isdigit() and int(number) < len(items) else {}


def _rows(chunk: Chunk) -> Iterator[tuple[str, ...]]:
    """The cells of the lines that are rows of a Markdown table."""
    for line in chunk.text.splitlines():
        if line.startswith("|"):
            yield _plain(cell.replace("\\|", "|") for cell in _BAR.split(line.strip())[1:-1])


def _plain(cells: Iterable[str]) -> tuple[str, ...]:
    return tuple(" ".join(cell.split()) for cell in cells)
