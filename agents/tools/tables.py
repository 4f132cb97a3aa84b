"""The tool that reads tables: the beginning for the model, numbered like any passage, and the whole for code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import PurePosixPath
from typing import Any

from agents.errors import SandboxFileRefused, SandboxUnavailable, ToolError
from agents.run import Run
from agents.sandbox.artifacts import safe_name
from agents.tools.registry import ToolContext, tool
from retrieval.context import inert
from retrieval.tables import Table, standing
from retrieval.types import Document, Hit

ROWS = 50
"""How many rows are shown at most."""
SHOWN_CHARS = 12_000
"""How many characters of rows are shown at most, beyond the first row."""


@tool(timeout_s=None, effect="reads")
def read_table(context: ToolContext, document: str, table: int = 1) -> dict[str, Any]:
    """Read a table of a document: its first rows to look at, and all of it as a CSV file for run_python.

    document: its path or file name as list_documents or a passage gives it
    table: which of its tables, counted from 1 in reading order
    """
    run = context.run
    found = context.kb.document(document)
    tables = context.kb.tables(found.id)
    whole = _chosen(tables, table, found)
    rows = _first(whole.rows)
    return {
        "document": found.source,
        "table": table,
        "tables": len(tables),
        "page": whole.page,
        "caption": inert(whole.caption),
        "columns": [inert(name) for name in whole.columns],
        "rows": [[inert(value) for value in row] for row in rows],
        "rows_total": len(whole.rows),
        "cite": _numbered(replace(whole, rows=rows), found, context),
        **_laid(whole.csv(), _file_name(found, table, context), run),
    }


def _chosen(tables: Sequence[Table], number: int, document: Document) -> Table:
    if not tables:
        raise ToolError(f"{document.source} has no tables.", hint="Use read_document.")
    if not 1 <= number <= len(tables):
        raise ToolError(
            f"{document.source} has {len(tables)} tables, and none is number {number}.", hint="Count from 1."
        )
    return tables[number - 1]


def _first(rows: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """The rows that fit, and at least one."""
    totals = accumulate(sum(map(len, row)) for row in rows[:ROWS])
    return tuple(rows[: max(1, sum(total <= SHOWN_CHARS for total in totals))])


def _numbered(shown: Table, document: Document, context: ToolContext) -> str:
    """The markers of the passages that hold these rows, which the agents see from now on."""
    run = context.run
    chunks = standing(shown, context.kb.chunks(document.id))
    query = f"table of {document.source}"
    hits = [Hit(chunk=c, document=document, rank=n, scores={}, query=query) for n, c in enumerate(chunks, 1)]
    run.show(hits, agent=context.agent, query=query)
    held = {chunk.id for chunk in chunks}
    return "".join(f"[{passage.marker}]" for passage in run.evidence.shown if passage.hit.chunk.id in held)


def _laid(content: bytes, name: str, run: Run) -> dict[str, Any]:
    try:
        return {"file": run.session.put(name, content)}
    except (SandboxFileRefused, SandboxUnavailable) as error:
        return {"file": None, "no_file": str(error)}


def _file_name(document: Document, number: int, context: ToolContext) -> str:
    """The document's name made plain, told apart from others of that name."""
    stem = _stem(document)
    same = sum(_stem(other) == stem for other in context.kb.documents())
    return f"{stem}-{document.id[:6]}-{number}.csv" if same > 1 else f"{stem}-{number}.csv"


def _stem(document: Document) -> str:
    return PurePosixPath(safe_name(document.source)).stem
