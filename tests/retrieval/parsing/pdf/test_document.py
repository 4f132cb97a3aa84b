"""Whole pages, set in known places, read back as documents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from docling_core.types.doc import DoclingDocument, TableItem, TextItem

from retrieval.parsing.pdf.document import read_by_geometry
from tests.retrieval.parsing.pdf.typeset import Leaf, width, write_leaves

LEFT = (
    "Tides at the quay are measured each",
    "morning by the keeper of the instru-",
    "ments, who writes them down in ink and",
    "signs the page.",
    "The readings of a month are sent to the",
    "office, where a clerk compares them with",
    "the tables of the year before.",
)
RIGHT = (
    "An instrument that differs from others",
    "by more than a hand is taken out of ser-",
    "vice and opened on the bench. Most of",
    "them only need a drop of oil.",
    "Others have to be sent away, and come",
    "back after weeks with a bill and a letter",
    "that nobody in the office can read.",
)
WIDE = (
    "Three kinds of instrument are in use at the quay, and each of them has its friends among the keepers, who ",
    "defend it against all comers.",
)


def _read(folder: Path, leaves: Sequence[Leaf]) -> DoclingDocument:
    document, problems = read_by_geometry(write_leaves(folder / "leaves.pdf", leaves))
    assert problems == ()
    return document


def _texts(document: DoclingDocument) -> list[tuple[str, str]]:
    items = (item for item, _ in document.iterate_items())
    return [(item.label.value, item.text) for item in items if isinstance(item, TextItem)]


def _paragraphs(lines: Sequence[str]) -> list[str]:
    """The first four lines and the rest, with their divided words made whole."""
    return [" ".join(part).replace("u- m", "um").replace("r- v", "rv") for part in (lines[:4], lines[4:])]


def _cells(table: TableItem) -> dict[tuple[int, int], str]:
    return {(c.start_row_offset_idx, c.start_col_offset_idx): c.text for c in table.data.table_cells}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> DoclingDocument:
    """Two pages of a report: two columns, a list, a ruled and an open table, running heads."""
    one = Leaf().text(60, 40, "Harbour Papers, volume 4", 8, "Sans").text(520, 40, "1", 8, "Sans")
    one.text(60, 90, "On Measuring the Tides", 22, "Sans-Bold")
    one.text(60, 130, "1 The daily reading", 12, "Sans-Bold").lines(60, 150, LEFT).lines(320, 130, RIGHT)
    one.text(60, 260, "1.1 Instruments in use", 10.8, "Sans").lines(60, 278, WIDE)
    one.lines(60, 330, ["\u2022 the float, which is old and", "", "\u2022 the pressure cell"])
    one.text(60 + 6.3, 342.5, "needs a well of still water")
    one.text(30, 600, "Deposited 5 May 2023", 9, "Sans", turn=1)
    two = Leaf().text(60, 40, "Harbour Papers, volume 4", 8, "Sans").text(520, 40, "2", 8, "Sans")
    two.text(60, 400, "Table 1. Readings of the instruments in metres.", 9)
    heads = (("Kind", "Spring tide", "", "Neap"), ("", "high", "low", ""))
    body = (("Float", "4.21", "0.38", "2.90"), ("Pressure", "4.19", "0.41", "2.88"), ("Radar", "4.20", "0.40", "2.91"))
    two.rows((64, 164, 264, 364), 424, (*heads, *body))
    for x, top in ((60, 410), (160, 410), (260, 428), (360, 410), (460, 410)):
        two.rule(x, top, x, 494)
    for y in (410, 446, 494):
        two.rule(60, y, 460, y)
    two.rule(160, 428, 360, 428)
    two.text(60, 540, "Who keeps which", 12, "Sans-Bold")
    keepers = (
        ("Keeper", "Kind", "Since"),
        ("Ines Okafor", "Float", "1998"),
        ("", "Radar", "2019"),
        ("Aoife Daly", "Radar, at night", "2023"),
    )
    two.rows((60, 200, 380), 560, keepers)
    return _read(tmp_path_factory.mktemp("report"), [one, two])


def test_headings_columns_list_and_caption_in_reading_order(report: DoclingDocument) -> None:
    assert _texts(report) == [
        ("text", "Deposited 5 May 2023"),
        ("title", "On Measuring the Tides"),
        ("section_header", "1 The daily reading"),
        *(("text", text) for text in (*_paragraphs(LEFT), *_paragraphs(RIGHT))),
        ("section_header", "1.1 Instruments in use"),
        ("text", "".join(WIDE)),
        ("list_item", "the float, which is old and needs a well of still water"),
        ("list_item", "the pressure cell"),
        ("caption", "Table 1. Readings of the instruments in metres."),
        ("section_header", "Who keeps which"),
    ]
    assert [item.level for item in report.texts if hasattr(item, "level")] == [1, 2, 1]


def test_ruled_table_with_a_head_over_two_columns(report: DoclingDocument) -> None:
    table = report.tables[0]
    assert table.caption_text(report) == "Table 1. Readings of the instruments in metres."
    assert {(c.text, c.row_span, c.col_span) for c in table.data.table_cells if c.column_header} == {
        ("Kind", 2, 1), ("Spring tide", 1, 2), ("Neap", 2, 1), ("high", 1, 1), ("low", 1, 1),
    }  # fmt: skip
    assert [text for (row, _), text in _cells(table).items() if row == 3] == ["Pressure", "4.19", "0.41", "2.88"]


def test_open_table_with_an_empty_cell(report: DoclingDocument) -> None:
    assert _cells(report.tables[1]) == {
        (0, 0): "Keeper", (0, 1): "Kind", (0, 2): "Since", (1, 0): "Ines Okafor", (1, 1): "Float", (1, 2): "1998",
        (2, 1): "Radar", (2, 2): "2019", (3, 0): "Aoife Daly", (3, 1): "Radar, at night", (3, 2): "2023",
    }  # fmt: skip


def test_chinese_lines_close_up(tmp_path: Path) -> None:
    line = "潮位每天早上由看守人读取并用墨水写在簿子上每个月的读数都要寄到办公室由书记员与去年的表格"
    leaf = Leaf().text(60, 90, "二、读数", 14, "Sans-Bold").lines(60, 115, [line, "逐一核对。"])
    assert _texts(_read(tmp_path, [leaf])) == [("title", "二、读数"), ("text", f"{line}逐一核对。")]


def test_arabic_is_read_from_the_right_with_latin_words_in_it(tmp_path: Path) -> None:
    one = ["تقاس", "حركة", "المد", "كل", "صباح", "عند", "الرصيف", "بجهاز", "Radar", "جديد", "ثم", "تكتب", "القراءات"]
    two = ["في", "دفتر", "كبير."]
    leaf = Leaf().right_to_left(535, 180, one).right_to_left(535, 192.5, two)
    assert _texts(_read(tmp_path, [leaf])) == [("text", " ".join([*one, *two]))]


def test_contents_become_entries_and_pages(tmp_path: Path) -> None:
    entries = [("1 Tides", "3"), ("1.1 Spring and neap", "4"), ("2 Instruments", "12")]
    leaf = Leaf().text(60, 90, "Contents", 16, "Sans-Bold")
    for number, (text, page) in enumerate(entries):
        leaf.text(60, 120 + 14 * number, f"{text} {'. ' * 40}{page}")
    document = _read(tmp_path, [leaf])
    assert [table.label.value for table in document.tables] == ["document_index"]
    assert list(_cells(document.tables[0]).values()) == [part for entry in entries for part in entry]


def test_column_heads_that_stand_on_their_side(tmp_path: Path) -> None:
    leaf = Leaf().text(64, 196, "Task").text(170, 196, "Keeper on duty", turn=1).text(220, 196, "Clerk", turn=1)
    leaf.rows((64, 164, 214), 214, (("Read the tide", "X", ""), ("Send the book", "", "X")))
    for x in (60, 160, 210, 260):
        leaf.rule(x, 110, x, 236)
    for y in (110, 200, 218, 236):
        leaf.rule(60, y, 260, y)
    (table,) = _read(tmp_path, [leaf]).tables
    assert [text for (row, _), text in _cells(table).items() if row == 0] == ["Task", "Keeper on duty", "Clerk"]


def test_bullets_that_are_drawn_make_a_list(tmp_path: Path) -> None:
    leaf = Leaf().lines(60, 100, WIDE)
    for number, line in enumerate(("oil the float", "wind the clock")):
        leaf.box(60, 145 + 14 * number, 3).text(72, 150 + 14 * number, line)
    leaf.box(300, 300, 3).text(312, 305, "a mark alone")
    kinds = [kind for kind, _ in _texts(_read(tmp_path, [leaf]))]
    assert kinds == ["text", "list_item", "list_item", "text"]


def test_a_page_set_on_its_side_is_read_line_by_line(tmp_path: Path) -> None:
    leaf = Leaf()
    for number, line in enumerate(LEFT[:4]):
        leaf.text(100 + 12.5 * number, 700, line, turn=1)
    assert _texts(_read(tmp_path, [leaf])) == [("text", _paragraphs(LEFT)[0])]


def test_the_last_row_of_a_table_is_no_running_foot(tmp_path: Path) -> None:
    leaf = Leaf()
    rows = [("Kind", "high", "low"), *((f"Instrument {n}", "4", str(n)) for n in range(12))]
    leaf.rows((60, 200, 380), 620, rows)
    (table,) = _read(tmp_path, [leaf]).tables
    assert table.data.num_rows == 13


def test_the_mark_of_a_note_stays_off_its_word(tmp_path: Path) -> None:
    leaf = Leaf().text(60, 100, "as the tables").text(60 + width("as the tables", 10), 97, "12", 5)
    ((_, text),) = _texts(_read(tmp_path, [leaf]))
    assert text == "as the tables 12"
