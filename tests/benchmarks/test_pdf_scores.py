"""What the scores of the PDF benchmark count."""

from __future__ import annotations

import pytest
from docling_core.types.doc import DocItemLabel, DoclingDocument, TableCell, TableData

from benchmarks.pdf_scores import F1, cell_f1, heading_f1, text_order, words


def _document(
    *paragraphs: str, headings: tuple[str, ...] = (), tables: tuple[list[list[str]], ...] = ()
) -> DoclingDocument:
    document = DoclingDocument(name="a")
    for text in headings:
        document.add_heading(text)
    for text in paragraphs:
        document.add_text(label=DocItemLabel.TEXT, text=text)
    for rows in tables:
        cells = [
            TableCell(
                text=text,
                start_row_offset_idx=r,
                end_row_offset_idx=r + 1,
                start_col_offset_idx=c,
                end_col_offset_idx=c + 1,
            )
            for r, row in enumerate(rows)
            for c, text in enumerate(row)
        ]
        document.add_table(data=TableData(table_cells=cells, num_rows=len(rows), num_cols=len(rows[0])))
    return document


def test_words_are_what_is_read() -> None:
    assert words("## A **Bold** \\_word\\_, | - | <!-- image --> x. . . . 7") == ["a", "bold", "word", "x", "7"]


def test_text_order_falls_when_paragraphs_change_places() -> None:
    one, two = "the first half of it", "and then the other"
    assert text_order(_document(one, two), _document(one, two)) == 1
    assert text_order(_document(two, one), _document(one, two)) == pytest.approx(2 * 5 / 18)


def test_headings_count_by_their_whole_text() -> None:
    found = _document(headings=("1  Tides", "Clocks", "Clocks"))
    assert heading_f1(found, _document(headings=("1 tides", "Clocks", "Boats"))) == F1(same=2, found=3, wanted=3)


def test_cells_count_where_they_stand_in_the_table_that_fits_best() -> None:
    wanted = _document(tables=([["a", "b"], ["c", "d"]],))
    moved = _document(tables=([["x", "y"]], [["a", "b"], ["d", "c"]]))
    assert cell_f1(moved, wanted) == F1(same=2, found=6, wanted=4)
    assert cell_f1(moved, wanted, placed=False) == F1(same=4, found=6, wanted=4)
    assert cell_f1(_document(), wanted).value == 0
