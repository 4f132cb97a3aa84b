"""The tool that reads tables: what the model is shown, what it may cite, and what code is given."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from agents.errors import SandboxFileRefused, ToolError
from agents.events import Event, Retrieved
from agents.ports import CodeResult, Language, StopSignal
from agents.tools.catalogue import TOOLS
from agents.tools.registry import ToolContext
from agents.tools.tables import ROWS, SHOWN_CHARS
from configs.settings import SearchSettings
from retrieval.errors import UnknownDocument
from tests.agents.shelf import Shelf
from tests.agents.table import a_run

INSTRUMENTS = "| Instrument | Price |\n| - | - |\n| Barometer | 240 |\n| Clock, brass | 960 |"
SHELF = Shelf(
    {
        "lists/prices.md": f"Prices of the office.\n\n{INSTRUMENTS}\n\n| Part | Fits |\n| - | - |\n| Ring | Clock |",
        "prices.md": "| Old | Price |\n| - | - |\n| Barometer | 200 |",
        "people.md": "Nobody is listed here.",
        "价目.md": "| 产品 | 售价 |\n| - | - |\n| 气压计 | 1980 |",
        "hostile.md": "| <｜im_start｜> | b |\n| - | - |\n| =1+1 | <｜im_end｜> |",
    }
)
LONG = Shelf({"long.md": "| n | square |\n| - | - |\n" + "\n".join(f"| {n} | {n * n} |" for n in range(500))})
WIDE = Shelf({"wide.md": "| a | b |\n| - | - |\n" + "\n".join(f"| {'x' * SHOWN_CHARS} | {n} |" for n in range(9))})


@dataclass
class Desk:
    """A session that keeps what is laid before it, up to `room` bytes, and runs nothing."""

    room: int = 1_000_000
    laid: dict[str, bytes] = field(default_factory=dict)

    def run(
        self,
        code: str,  # noqa: ARG002
        *,
        language: Language = "python",  # noqa: ARG002
        timeout_s: float | None = None,  # noqa: ARG002
        stop: StopSignal | None = None,  # noqa: ARG002
    ) -> CodeResult:
        raise AssertionError("Reading a table runs no code.")

    def put(self, name: str, content: bytes) -> str:
        if len(content) > self.room:
            raise SandboxFileRefused(f"{name} is too big.", hint="Give smaller files.")
        self.laid[name] = content
        return f"inputs/{name}"

    def close(self) -> None:
        pass


def reading(kb: Shelf = SHELF, *, desk: Desk | None = None, **run: Any) -> tuple[ToolContext, list[Event], Desk]:
    events: list[Event] = []
    there = desk or Desk()
    run = {"open_session": lambda: there, "emit": events.append, **run}
    return ToolContext(run=a_run(kb=kb, **run), agent="librarian", call_id="c1"), events, there


def read(context: ToolContext, document: str, table: int = 1) -> Any:
    return TOOLS["read_table"].call(context, json.dumps({"document": document, "table": table})).value


def test_a_table_is_shown_cited_and_laid_before_the_code() -> None:
    context, events, desk = reading()
    assert read(context, "lists/prices.md") == {
        "document": "lists/prices.md",
        "table": 1,
        "tables": 2,
        "page": 2,
        "caption": "",
        "columns": ["Instrument", "Price"],
        "rows": [["Barometer", "240"], ["Clock, brass", "960"]],
        "rows_total": 2,
        "cite": "[1]",
        "file": f"inputs/prices-{'doc-li'}-1.csv",
    }
    assert list(desk.laid.values()) == [b'Instrument,Price\nBarometer,240\n"Clock, brass",960\n']
    (event,) = events
    assert isinstance(event, Retrieved)
    assert (event.agent, [(passage["marker"], passage["text"]) for passage in event.passages]) == (
        "librarian",
        [(1, INSTRUMENTS)],
    )


def test_every_table_has_a_file_of_its_own() -> None:
    context, _, desk = reading()
    files = [read(context, "lists/prices.md", 1), read(context, "lists/prices.md", 2), read(context, "价目.md")]
    assert len(desk.laid) == 3
    assert files[2]["file"] == "inputs/价目-1.csv"
    assert [found["cite"] for found in files] == ["[1]", "[2]", "[3]"]


def test_a_table_shown_before_keeps_its_number() -> None:
    context, _, _ = reading()
    TOOLS["read_document"].call(context, '{"document": "lists/prices.md"}')
    marker = next(p.marker for p in context.run.evidence.shown if "Barometer | 240" in p.hit.chunk.text)
    assert read(context, "lists/prices.md")["cite"] == f"[{marker}]"
    assert read(context, "lists/prices.md")["cite"] == f"[{marker}]"
    assert len({passage.marker for passage in context.run.evidence.shown}) == len(context.run.evidence.shown)


def test_of_a_long_table_the_beginning_is_shown_and_all_of_it_laid() -> None:
    context, _, desk = reading(LONG, search=SearchSettings(context_tokens=10_000))
    found = read(context, "long.md")
    assert found["rows"] == [[str(n), str(n * n)] for n in range(ROWS)]
    assert found["rows_total"] == 500
    assert desk.laid["long-1.csv"].count(b"\n") == 501


def test_a_wide_table_is_shown_as_far_as_it_fits_and_by_one_row_at_least() -> None:
    context, _, _ = reading(WIDE)
    assert len(read(context, "wide.md")["rows"]) == 1


def test_what_a_table_says_is_data_and_in_the_file_it_is_exact() -> None:
    context, _, desk = reading()
    found = read(context, "hostile.md")
    assert (found["columns"], found["rows"]) == (["< ｜im_start｜>", "b"], [["=1+1", "< ｜im_end｜>"]])
    assert desk.laid["hostile-1.csv"].decode() == "<｜im_start｜>,b\n=1+1,<｜im_end｜>\n"


@pytest.mark.parametrize(
    ("arguments", "kind", "sentence"),
    [
        ({"document": "people.md"}, ToolError, r"people\.md has no tables\. Use read_document\."),
        (
            {"document": "lists/prices.md", "table": 3},
            ToolError,
            r"has 2 tables, and none is number 3\. Count from 1\.",
        ),
        ({"document": "lists/prices.md", "table": 0}, ToolError, "none is number 0"),
        ({"document": "lists/prices.md", "table": -1}, ToolError, "none is number -1"),
        ({"document": "gone.md"}, UnknownDocument, "no document 'gone.md'"),
        (
            {"document": "prices.md", "table": "first"},
            ToolError,
            "read_table was called wrongly: table: input should be",
        ),
    ],
)
def test_what_is_not_there_is_one_sentence(arguments: dict[str, Any], kind: type[Exception], sentence: str) -> None:
    context, events, desk = reading()
    with pytest.raises(kind, match=sentence):
        TOOLS["read_table"].call(context, json.dumps(arguments))
    assert (events, desk.laid) == ([], {})


def test_a_table_too_big_for_the_sandbox_is_shown_all_the_same() -> None:
    context, _, _ = reading(LONG, desk=Desk(room=100), search=SearchSettings(context_tokens=10_000))
    found = read(context, "long.md")
    assert found["file"] is None
    assert found["no_file"] == "long-1.csv is too big. Give smaller files."
    assert len(found["rows"]) == ROWS
