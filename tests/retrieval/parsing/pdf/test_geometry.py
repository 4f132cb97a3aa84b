"""Words with places in, lines, columns, tables and furniture out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from retrieval.parsing.pdf.blocks import blocks
from retrieval.parsing.pdf.columns import in_reading_order
from retrieval.parsing.pdf.furniture import without_furniture
from retrieval.parsing.pdf.grids import ruled_tables
from retrieval.parsing.pdf.lines import join, phrases, rows
from retrieval.parsing.pdf.page import Area, Page, Word
from retrieval.parsing.pdf.style import Style
from retrieval.parsing.pdf.tables import aligned_table

PROSE = ["the", "keeper", "of", "the", "light", "has", "wound", "this", "clock"]


def _words(text: str, left: float, top: float, *, letter: float = 5, height: float = 10) -> list[Word]:
    """The words of one line of type, `letter` points a character."""
    words = []
    for word in text.split():
        words.append(Word(left, top, left + letter * len(word), top + height, word))
        left += letter * (len(word) + 0.6)
    return words


def _column(left: float, top: float, lines: int, name: str) -> list[Word]:
    return [word for n in range(lines) for word in _words(f"{name}{n} {' '.join(PROSE[:7])}", left, top + 13 * n)]


def _texts(words: Sequence[Word], *, right_to_left: bool = False) -> list[list[str]]:
    columns = in_reading_order(phrases(words), right_to_left=right_to_left)
    return [[line.text.split()[0] for line in rows(w for i in c for w in getattr(i, "words", ()))] for c in columns]


def test_superscripts_stay_on_their_line() -> None:
    words = [*_words("see the note", 50, 100), Word(115, 98, 118, 103, "1"), *_words("below", 122, 100)]
    assert [line.text for line in rows(words)] == ["see the note 1 below"]


def test_words_in_two_fonts_close_up_when_they_touch() -> None:
    (line,) = rows(
        [Word(50, 100, 70, 110, "Note", emphasis=True), Word(70.4, 100, 73, 110, ":"), *_words("ask", 76, 100)]
    )
    assert line.text == "Note: ask"


def test_chinese_words_join_without_blanks_but_not_with_latin_ones() -> None:
    (line,) = rows(
        [Word(50, 100, 90, 110, "安装前请"), Word(92, 100, 122, 110, "重启"), Word(125, 100, 150, 110, "Docker")]
    )
    assert line.text == "安装前请重启 Docker"


def test_right_to_left_lines_are_read_from_the_right() -> None:
    arabic = [Word(200, 100, 240, 110, "من", rtl=True), Word(150, 100, 195, 110, "خلال", rtl=True)]
    latin = [Word(50, 100, 90, 110, "Python"), Word(95, 100, 105, 110, "3")]
    tail = [Word(10, 100, 45, 110, "اليوم", rtl=True), Word(0, 100, 5, 110, "و", rtl=True)]
    (line,) = rows([*arabic, *latin, *tail])
    assert line.text == "من خلال Python 3 اليوم و"


def test_lines_join_to_a_paragraph() -> None:
    assert join(["the boats leave the har-", "bour at noon", "with a well-", "Known man"]) == (
        "the boats leave the harbour at noon with a well- Known man"
    )
    assert join(["公司规定员工", "每年休假", "Docker"]) == "公司规定员工每年休假 Docker"


def test_columns_under_a_title_and_above_a_footer() -> None:
    title = _words("Title that stands over both of the columns of this page", 50, 50)
    footer = _words("Footer that stands under both of the columns of this page", 50, 200)
    words = [*_column(320, 80, 6, "R"), *footer, *_column(50, 80, 6, "L"), *title]
    lefts, rights = [f"L{n}" for n in range(6)], [f"R{n}" for n in range(6)]
    assert _texts(words) == [["Title"], lefts, rights, ["Footer"]]
    assert _texts(words, right_to_left=True) == [["Title"], rights, lefts, ["Footer"]]


def test_three_columns() -> None:
    words = [word for n, left in enumerate((50, 260, 470)) for word in _column(left, 80, 5, "ABC"[n])]
    assert _texts(words) == [[f"{name}{n}" for n in range(5)] for name in "ABC"]


def test_a_list_and_a_table_are_no_columns() -> None:
    bullets = [
        w for n in range(5) for w in (*_words("•", 50, 80 + 13 * n), *_words(" ".join(PROSE[:8]), 80, 80 + 13 * n))
    ]
    cells = [w for n in range(5) for w in (*_words("item", 50, 200 + 13 * n), *_words("12.50", 320, 200 + 13 * n))]
    assert len(_texts(bullets)) == len(_texts(cells)) == 1


def test_aligned_table_with_a_header_over_two_columns_and_an_empty_cell() -> None:
    words = [
        *_words("Prices in May", 160, 80),
        *_words("Item", 50, 96),
        *_words("low", 150, 96),
        *_words("high", 250, 96),
    ]
    for n, row in enumerate((("Lamp", "1", "2"), ("Clock", "", "9"), ("Ring", "3", "4"), ("Bell", "5", "6"))):
        for left, text in zip((50, 150, 250), row, strict=True):
            words += _words(text, left, 112 + 16 * n)
    lines = rows(words)
    assert aligned_table(1, lines) == (None, 0)
    table, taken = aligned_table(1, lines[1:])
    assert table is not None
    assert (taken, table.rows, table.columns) == (5, 5, 3)
    assert [(cell.row, cell.column, cell.text) for cell in table.cells][3:8] == [
        (1, 0, "Lamp"), (1, 1, "1"), (1, 2, "2"), (2, 0, "Clock"), (2, 2, "9"),
    ]  # fmt: skip


def _grid(xs: Sequence[float], ys: Sequence[float]) -> list[Area]:
    return [Area(x, ys[0], x, ys[-1]) for x in xs] + [Area(xs[0], y, xs[-1], y) for y in ys]


def test_ruled_table_with_merged_header() -> None:
    rules = [
        *(Area(50, y, 350, y) for y in (100, 140, 160, 180)), Area(150, 120, 350, 120),
        *(Area(x, 100, x, 180) for x in (50, 150, 350)), Area(250, 120, 250, 180),
    ]  # fmt: skip
    words = [*_words("Name", 60, 115), *_words("Score", 230, 105), *_words("old", 160, 125), *_words("new", 260, 125)]
    words += [*_words("Ann", 60, 145), *_words("1", 160, 145), *_words("2", 260, 145), *_words("Bob", 60, 165)]
    words += [*_words("3", 160, 165), *_words("outside", 60, 200)]
    ((table, inside),) = ruled_tables(1, words, rules)
    assert (table.rows, table.columns, table.header_rows) == (4, 3, 2)
    assert {(c.text, c.row, c.row_end, c.column, c.column_end) for c in table.cells} == {
        ("Name", 0, 2, 0, 1), ("Score", 0, 1, 1, 3), ("old", 1, 2, 1, 2), ("new", 1, 2, 2, 3),
        ("Ann", 2, 3, 0, 1), ("1", 2, 3, 1, 2), ("2", 2, 3, 2, 3), ("Bob", 3, 4, 0, 1), ("3", 3, 4, 1, 2),
    }  # fmt: skip
    assert "outside" not in {word.text for word in inside}


def test_rows_without_lines_between_them_are_told_apart() -> None:
    words = [w for n in range(4) for w in (*_words(f"item{n}", 60, 122 + 14 * n), *_words(str(n), 160, 122 + 14 * n))]
    words += [*_words("Item", 60, 105), *_words("Count", 160, 105)]
    ((table, _),) = ruled_tables(1, words, _grid((50, 150, 250), (100, 118, 180)))
    assert [cell.text for cell in table.cells] == [
        "Item",
        "Count",
        "item0",
        "0",
        "item1",
        "1",
        "item2",
        "2",
        "item3",
        "3",
    ]


@pytest.mark.parametrize(
    "rules", [_grid((50, 300), (100, 180)), _grid((50, 100, 150, 200, 250, 300), (90, 120, 150, 180))]
)
def test_frames_and_drawings_are_no_tables(rules: list[Area]) -> None:
    assert ruled_tables(1, _words("a note in a frame", 60, 125), rules) == []


def test_furniture_is_what_repeats_or_numbers_the_pages() -> None:
    pages = []
    for number in (1, 2, 3):
        head = [*_words("Handbook 2025", 50, 30), *_words(str(number), 500, 30)]
        body = _words(f"Chapter {number} begins", 50, 60, height=20)
        pages.append(
            Page(number, 600, 800, (*head, *body, *_column(50, 400, 3, "T"), *_words(f"- {number} -", 290, 770)))
        )
    kept = [" ".join(word.text for word in words) for words in without_furniture(pages, body_size=10)]
    assert all(text.startswith(f"Chapter {n} begins T0") for n, text in enumerate(kept, 1))
    assert not any("Handbook" in text or "-" in text for text in kept)


def test_one_page_alone_keeps_its_first_line() -> None:
    page = Page(1, 600, 800, (*_words("Rules of the house", 50, 30), *_column(50, 60, 3, "T")))
    assert without_furniture([page], body_size=10) == [list(page.words)]


def test_contents_entries_stay_apart_and_lose_their_dots() -> None:
    lines = rows(
        [*_words("Notices . . . . . . . . . . . vii", 50, 100), *_words("Trademarks . . . . . . . . 12", 50, 113)]
    )
    assert [block.text for block in blocks(lines, 1, Style.of([lines]))] == ["Notices ... vii", "Trademarks ... 12"]
