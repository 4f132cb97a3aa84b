"""Tables out of the kept structure of documents, the sample documents' among them, and the chunks they stand in."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docling_core.types.doc import (
    BoundingBox,
    DocItemLabel,
    DoclingDocument,
    ProvenanceItem,
    Size,
    TableCell,
    TableData,
)

from configs.settings import Settings
from retrieval.errors import UnknownDocument
from retrieval.knowledge_base import KnowledgeBase
from retrieval.library import Library
from retrieval.tables import Table, standing, tables
from retrieval.types import Chunk
from tests.retrieval.chunking.documents import chunks, table

DOCUMENTS = Path(__file__).resolve().parents[2] / "examples" / "documents"
Sample = tuple[int | None, str, tuple[str, ...], int, tuple[str, ...]]
"""Page, caption, columns, how many rows, and the first."""

SAMPLES: dict[str, list[Sample]] = {
    "price-list-2025.xlsx": [
        (
            1,
            "Instruments",
            ("Instrument", "Code", "Price (GBP)", "Weight (kg)", "Delivery time (weeks)"),
            6,
            ("Petrel barometer", "PB-10", "240", "1.2", "1"),
        ),
        (
            2,
            "Spare parts",
            ("Part", "Code", "Price (GBP)", "Fits"),
            5,
            ("Sealing ring", "SP-01", "4.5", "Tidewatch clock"),
        ),
        (
            3,
            "Delivery",
            ("Where to", "Price per parcel (GBP)", "Working days"),
            4,
            ("United Kingdom, mainland", "9", "2"),
        ),
    ],
    "contacts.csv": [
        (
            None,
            "",
            ("Name", "Role", "Room", "Extension", "Email"),
            7,
            ("Mara Lindqvist", "Managing director", "3.01", "301", "mara@harbourlight.example"),
        ),
    ],
    "临潮门市价目.csv": [
        (None, "", ("产品", "型号", "售价（元）", "交货期"), 5, ("海燕气压计", "PB-10", "1980", "现货")),
    ],
    "employee-handbook.pdf": [(3, "", ("Expense", "Limit", "Receipt"), 5, ())],
    "海燕气压计保养手册.pdf": [(2, "", ("项目", "周期", "费用"), 4, ("擦拭玻璃和外壳", "每三个月", "可自行完成"))],
    "warranty-and-returns.html": [(None, "", ("What you bought", "Warranty"), 4, ())],
    "incident-report-gull-rock.docx": [
        (None, "", ("Item", "Amount"), 4, ("Boat hire", "£3,840")),
        (None, "", ("Action", "Owner", "Due"), 3, ()),
    ],
    "lumen-4-briefing.pptx": [(3, "", ("Property", "Lumen 3", "Lumen 4"), 4, ())],
    "workshop-safety.md": [
        (None, "", ("Work", "Glove", "Colour"), 4, ("Handling glass tubes", "cut-resistant", "grey")),
    ],
    "company-history.txt": [],
}


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    library = Library(Settings(data_dir=tmp_path_factory.mktemp("data")), exclusive=True)
    kb = library.create("default")
    kb.ingest([DOCUMENTS / name for name in SAMPLES])
    yield kb
    library.close()


@pytest.mark.parametrize("name", SAMPLES)
def test_the_tables_of_the_samples(kb: KnowledgeBase, name: str) -> None:
    found = kb.tables(kb.document(name).id)
    assert len(found) == len(SAMPLES[name])
    for each, (page, caption, columns, rows, first) in zip(found, SAMPLES[name], strict=True):
        assert (each.page, each.caption, each.columns, len(each.rows)) == (page, caption, columns, rows)
        assert not first or each.rows[0] == first


@pytest.mark.parametrize("name", [name for name in SAMPLES if SAMPLES[name]])
def test_a_table_stands_in_chunks_that_hold_all_of_its_rows(kb: KnowledgeBase, name: str) -> None:
    document = kb.document(name)
    for each in kb.tables(document.id):
        there = standing(each, kb.chunks(document.id))
        text = "\n".join(chunk.text for chunk in there)
        assert all(f"| {' | '.join(row)} |" in text for row in each.rows)
        assert all(each.rows[0][0] in chunk.text for chunk in there[:1])


def test_of_a_document_that_is_not_there_nothing_is_read(kb: KnowledgeBase) -> None:
    with pytest.raises(UnknownDocument, match="'default' holds no document 'gone'"):
        kb.tables("gone")


def cell(text: str, row: int, column: int, *, down: int = 1, across: int = 1, head: bool = False) -> TableCell:
    return TableCell(
        text=text,
        start_row_offset_idx=row,
        end_row_offset_idx=row + down,
        start_col_offset_idx=column,
        end_col_offset_idx=column + across,
        column_header=head,
    )


def read(document: DoclingDocument) -> list[Table]:
    return tables(json.loads(document.model_dump_json(by_alias=True, exclude_none=True)))


def one(*cells: TableCell, rows: int, columns: int, **more: Any) -> Table:
    document = DoclingDocument(name="a")
    document.add_table(data=TableData(num_rows=rows, num_cols=columns, table_cells=list(cells)), **more)
    (found,) = read(document)
    return found


def test_stacked_headers_become_one_and_spanning_cells_stand_in_each() -> None:
    found = one(
        cell("Ship", 0, 0, down=2, head=True),
        cell("Sails", 0, 1, across=2, head=True),
        cell("main", 1, 1, head=True),
        cell("fore\nsail", 1, 2, head=True),
        cell("Gull", 2, 0, down=2),
        cell("1", 2, 1),
        cell("none", 3, 1, across=2),
        rows=4,
        columns=3,
    )
    assert found.columns == ("Ship", "Sails - main", "Sails - fore sail")
    assert found.rows == (("Gull", "1", ""), ("Gull", "none", "none"))


def test_without_a_header_the_first_row_is_one_and_cells_outside_are_left_out() -> None:
    found = one(cell("a", 0, 0), cell("b", 1, 0, down=9, across=9), cell("c", 7, 7), rows=2, columns=1)
    assert (found.columns, found.rows) == (("a",), (("b",),))


def test_caption_and_page_are_those_of_the_document() -> None:
    document = DoclingDocument(name="a")
    document.add_page(page_no=4, size=Size(width=600, height=800))
    caption = document.add_text(label=DocItemLabel.CAPTION, text="Table 1.\n Readings")
    place = ProvenanceItem(page_no=4, bbox=BoundingBox(l=0, t=0, r=1, b=1), charspan=(0, 0))
    document.add_table(data=table(3), caption=caption, prov=place)
    document.add_table(data=TableData(num_rows=0, num_cols=0, table_cells=[]))
    (found,) = read(document)
    assert (found.caption, found.page) == ("Table 1. Readings", 4)


def test_csv_keeps_every_value_exactly() -> None:
    rows = (("=1+1", 'a "quoted", name'), ("two\nlines", " ünïcode 雪 "), ("\ud800", "007"))
    content = Table(columns=("a", "b"), rows=rows).csv()
    assert list(csv.reader(io.StringIO(content.decode(), newline=""))) == [
        ["a", "b"],
        *map(list, rows[:2]),
        ["?", "007"],
    ]


def _of(document: DoclingDocument, max_tokens: int = 128) -> list[Chunk]:
    return [
        Chunk(
            id=str(position), document_id="d", position=position, text=draft.text, embedded_text="", headings=(),
            page=draft.page, page_last=draft.page_last, boxes={}, tokens=draft.tokens, kind=draft.kind,
        )
        for position, draft in enumerate(chunks(document, max_tokens))
    ]  # fmt: skip


def test_a_long_table_stands_in_all_its_chunks_and_its_beginning_in_the_first() -> None:
    document = DoclingDocument(name="a")
    document.add_text(label=DocItemLabel.TEXT, text="Before the table.")
    document.add_table(data=table(60))
    document.add_text(label=DocItemLabel.TEXT, text="head 0, head 1, value 1 of 0")
    (found,), cut = read(document), _of(document)
    there = standing(found, cut)
    assert len(there) > 3
    assert [chunk.id for chunk in there] == [chunk.id for chunk in cut if "| value" in chunk.text]
    beginning = Table(columns=found.columns, rows=found.rows[:2])
    assert standing(beginning, cut) == there[:1]


def test_a_table_cut_into_columns_is_found_by_their_names() -> None:
    document = DoclingDocument(name="a")
    document.add_table(data=table(4, columns=40))
    document.add_text(label=DocItemLabel.TEXT, text="After.")
    (found,), cut = read(document), _of(document)
    assert standing(found, cut) == [chunk for chunk in cut if chunk.kind == "table"]


def test_tables_that_say_the_same_are_told_apart_by_page_and_rows() -> None:
    def chunk(page: int, text: str) -> Chunk:
        return Chunk(
            id=str(page), document_id="d", position=page, text=text, embedded_text=text, headings=(), page=page,
            page_last=page, boxes={}, tokens=9, kind="table",
        )  # fmt: skip

    may, june = (f"| day | tide |\n| - | - |\n| 1 | {height} |" for height in ("2.5 \\| 3", "2.7"))
    cut = [chunk(1, may), chunk(2, june), chunk(3, may)]
    assert standing(Table(columns=("day", "tide"), rows=(("1", "2.7"),), page=2), cut) == [cut[1]]
    assert standing(Table(columns=("day", "tide"), rows=(("1", "2.5 | 3"),), page=3), cut) == [cut[2]]
    assert standing(Table(columns=("day", "tide"), rows=(("", ""), ("9", "9")), page=2), cut) == cut[1:]
