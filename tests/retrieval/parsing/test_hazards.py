"""Small files that would keep a parser busy for hours are refused at once."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import pytest
from docx import Document as WordDocument
from odfdo import Cell, Document, Row, Table
from openpyxl import Workbook  # type: ignore[import-untyped]  # it has no stubs
from openpyxl.styles import Font  # type: ignore[import-untyped]  # it has no stubs

from retrieval.errors import ParseError
from retrieval.parsing.docling_parser import DoclingParser
from tests.retrieval.parsing.inside import parser, words

LIMIT_S = 1.0


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> DoclingParser:
    """A parser that has loaded what HTML and office formats need."""
    reader, first = parser(), tmp_path_factory.mktemp("first") / "a.html"
    first.write_text("<p>The bell rings at noon.")
    reader.parse(first)
    return reader


def refused(reader: DoclingParser, path: Path, reason: str) -> None:
    started = time.perf_counter()
    with pytest.raises(ParseError, match=reason) as caught:
        reader.parse(path)
    assert caught.value.hint
    assert time.perf_counter() - started < LIMIT_S


def test_a_sheet_with_two_cells_at_its_far_corners(reader: DoclingParser, tmp_path: Path) -> None:
    book = Workbook()
    book.active["A1"], book.active["XFD1048576"] = "first", "last"
    book.save(tmp_path / "wide.xlsx")
    refused(reader, tmp_path / "wide.xlsx", r"wide\.xlsx has a sheet of 1,048,576 rows and 16,384 columns")


def test_a_sheet_whose_far_corner_is_only_coloured(reader: DoclingParser, tmp_path: Path) -> None:
    book = Workbook()
    book.active["A1"], book.active["A2"] = "Item", "Lamp"
    book.active["XFD1048576"].font = Font(bold=True)
    book.save(tmp_path / "styled.xlsx")
    assert "Lamp" in words(reader.parse(tmp_path / "styled.xlsx"))


def test_an_opendocument_sheet_of_repeated_cells(reader: DoclingParser, tmp_path: Path) -> None:
    book = Document("spreadsheet")
    book.body.clear()
    table = Table("Sheet")
    row = Row()
    row.append_cell(Cell("x", repeated=16_000))
    row.repeated = 1_000_000
    table.append_row(row)
    book.body.append(table)
    book.save(tmp_path / "repeated.ods")
    refused(reader, tmp_path / "repeated.ods", r"repeated\.ods has a sheet of 1,000,000 rows and 16,000 columns")


@pytest.mark.parametrize("html", ["<div>" * 20_000 + "x", "<p>x" * 20_000])
def test_deep_html(reader: DoclingParser, tmp_path: Path, html: str) -> None:
    (tmp_path / "deep.html").write_text(html)
    refused(reader, tmp_path / "deep.html", r"deep\.html is nested too deeply")


@pytest.mark.parametrize("markdown", ["> " * 40 + "x", "<div>" * 20_000 + "x"])
def test_deep_markdown(reader: DoclingParser, tmp_path: Path, markdown: str) -> None:
    (tmp_path / "deep.md").write_text(markdown)
    refused(reader, tmp_path / "deep.md", r"deep\.md is nested too deeply")


def test_what_only_looks_deep_is_read(reader: DoclingParser, tmp_path: Path) -> None:
    (tmp_path / "flat.html").write_text("<ul>" + "<li>The bell rings.<br>" * 300 + "</ul>" + "<b>x</b>" * 500)
    (tmp_path / "log.md").write_text("```\n" + ">" * 40 + "\n```\n\nThe bell rings.\n")
    for name in ("flat.html", "log.md"):
        assert "The bell rings." in words(reader.parse(tmp_path / name))


def test_a_word_file_that_unpacks_to_far_more(reader: DoclingParser, tmp_path: Path) -> None:
    WordDocument().save(str(tmp_path / "bomb.docx"))
    with zipfile.ZipFile(tmp_path / "bomb.docx", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/padding.xml", b" " * 40 * 2**20)
    refused(reader, tmp_path / "bomb.docx", r"bomb\.docx would unpack to 41 MiB")
