"""PDFs written word by word, read back through a real worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.errors import ParseError
from tests.retrieval.parsing.conftest import Parse
from tests.retrieval.parsing.inside import parser, words
from tests.retrieval.parsing.locking import lock
from tests.retrieval.parsing.sheets import Sheet, write_pdf

LEFT = (
    "The lighthouse was built in the year of",
    "the great storm, when nobody else would",
    "lend the town a single penny for stone.",
    "It has been lit on every night since then.",
)
RIGHT = (
    "Its keeper today is the ninth in a row",
    "and she winds the clock each morning be-",
    "fore the first boats leave the harbour",
    "and the gulls begin to quarrel again.",
)


def test_title_headings_and_paragraphs(parse: Parse, tmp_path: Path) -> None:
    sheet = Sheet().text(72, 80, "Annual Report", size=22, font="bold").lines(72, 120, LEFT)
    sheet.text(72, 200, "1 Clocks", size=14, font="bold").lines(72, 225, RIGHT)
    sheet.text(72, 300, "1.1 Repairs", size=12, font="bold").lines(72, 320, LEFT[:2])
    document = parse(write_pdf(tmp_path / "report.pdf", [sheet]))
    assert (document.title, document.pages, document.language) == ("Annual Report", 1, "en")
    assert document.parser.endswith("/pdf-geometry")
    assert [(chunk.headings, chunk.text) for chunk in document.chunks] == [
        (("Annual Report",), " ".join(LEFT)),
        (("Annual Report", "1 Clocks"), " ".join(RIGHT).replace("be- fore", "before")),
        (("Annual Report", "1 Clocks", "1.1 Repairs"), " ".join(LEFT[:2])),
    ]


def test_boxes_are_where_the_words_are(parse: Parse, tmp_path: Path) -> None:
    sheet = Sheet().text(100, 200, "Hello", size=20)
    (chunk,) = parse(write_pdf(tmp_path / "a.pdf", [sheet])).chunks
    assert (chunk.page, chunk.page_last) == (1, 1)
    ((left, top, right, bottom),) = chunk.boxes[1]
    assert left == 100
    assert right == pytest.approx(145.6, abs=0.2)  # H 722, e 556, l 222 twice, o 556 thousandths of 20 points
    assert 180 < top < 186  # the capitals of Helvetica rise 718 thousandths above the baseline
    assert 200 < bottom < 206


def test_two_columns_are_read_one_after_the_other(parse: Parse, tmp_path: Path) -> None:
    sheet = Sheet().text(72, 80, "A title over both columns", size=20, font="bold")
    sheet.lines(72, 120, LEFT).lines(320, 120, RIGHT)
    sheet.text(72, 200, "Below both", size=14, font="bold")
    sheet.lines(72, 230, ["This line runs over the whole width of the page, from the left edge to the right edge."])
    first, second = parse(write_pdf(tmp_path / "columns.pdf", [sheet])).chunks
    assert first.text == f"{' '.join(LEFT)}\n\n{' '.join(RIGHT).replace('be- fore', 'before')}"
    assert [round(box[0]) for box in first.boxes[1]] == [72, 320]
    assert second.headings[-1] == "Below both"


def test_a_sentence_goes_on_over_columns_and_pages(parse: Parse, tmp_path: Path) -> None:
    one = Sheet().lines(72, 120, LEFT).lines(320, 120, [*RIGHT[:3], "and the gulls begin to quarrel, until"])
    two = Sheet().lines(72, 120, ["the baker throws them yesterday's bread."])
    (chunk,) = parse(write_pdf(tmp_path / "pages.pdf", [one, two])).chunks
    assert chunk.text.endswith("quarrel, until the baker throws them yesterday's bread.")
    assert (chunk.page, chunk.page_last, sorted(chunk.boxes)) == (1, 2, [1, 2])


def test_running_heads_and_page_numbers_are_dropped(parse: Parse, tmp_path: Path) -> None:
    sheets = [
        Sheet().text(72, 40, "Harbour Light Handbook").lines(72, 120, [body]).text(290, 810, f"Page {number} of 3")
        for number, body in enumerate((LEFT[0], LEFT[1], LEFT[2]), 1)
    ]
    document = parse(write_pdf(tmp_path / "pages.pdf", sheets))
    assert " ".join(chunk.text for chunk in document.chunks).split() == " ".join(LEFT[:3]).split()


def test_lists(parse: Parse, tmp_path: Path) -> None:
    sheet = Sheet().lines(72, 100, LEFT)
    sheet.lines(90, 160, ["\x95 switch off the fan", "\x95 close the skylight, since the young"])
    sheet.lines(99, 184, ["gulls have learnt to use it"]).lines(90, 196, ["1. feed the cat", "2. go home"])
    (chunk,) = parse(write_pdf(tmp_path / "list.pdf", [sheet])).chunks
    assert chunk.text.split("\n\n", 1)[1].splitlines() == [
        "- switch off the fan",
        "- close the skylight, since the young gulls have learnt to use it",
        "1. feed the cat",
        "2. go home",
    ]


ROWS = (("Item", "Price", "Stock"), ("Lamp", "12.50", "4"), ("Tide clock", "960", "120"), ("Ring", "4.50", "37"))
MARKDOWN = (
    "| Item | Price | Stock |\n| - | - | - |\n| Lamp | 12.50 | 4 |\n| Tide clock | 960 | 120 |\n| Ring | 4.50 | 37 |"
)


def test_a_table_without_lines(parse: Parse, tmp_path: Path) -> None:
    sheet = Sheet().lines(72, 100, LEFT)
    for number, row in enumerate(ROWS):
        for left, text in zip((72, 200, 300), row, strict=True):
            sheet.text(left, 180 + 16 * number, text)
    document = parse(write_pdf(tmp_path / "table.pdf", [sheet]))
    assert document.chunks[0].text == f"{' '.join(LEFT)}\n\n{MARKDOWN}"


def test_a_table_with_lines_a_wrapped_cell_and_a_caption(parse: Parse, tmp_path: Path) -> None:
    sheet = Sheet().text(72, 160, "Table 1. Prices in May")
    sheet.lines(76, 192, ["Item", "", "Tide clock, with"]).text(76, 228, "a brass case").text(200, 192, "Price")
    sheet.text(200, 216, "960")
    for left in (72, 190, 300):
        sheet.rule(left, 180, left, 240)
    for top in (180, 200, 240):
        sheet.rule(72, top, 300, top)
    (chunk,) = parse(write_pdf(tmp_path / "table.pdf", [sheet])).chunks
    assert chunk.kind == "table"
    assert chunk.text == (
        "Table 1. Prices in May\n\n| Item | Price |\n| - | - |\n| Tide clock, with a brass case | 960 |"
    )


def test_code_keeps_its_lines(parse: Parse, tmp_path: Path) -> None:
    sheet = Sheet().lines(72, 100, LEFT).text(72, 180, "for gull in gulls:", font="mono")
    sheet.text(96, 192, "feed(gull)", font="mono")
    document = parse(write_pdf(tmp_path / "code.pdf", [sheet]))
    assert document.chunks[0].text.endswith("```\nfor gull in gulls:\n    feed(gull)\n```")


def test_encrypted_is_told_apart_from_damaged(parse: Parse, tmp_path: Path) -> None:
    sheet = Sheet().lines(72, 100, LEFT)
    encrypted = write_pdf(tmp_path / "locked.pdf", [sheet], encrypted=True)
    damaged = write_pdf(tmp_path / "torn.pdf", [sheet])
    damaged.write_bytes(damaged.read_bytes()[40:200])
    with pytest.raises(ParseError, match=r"locked\.pdf is encrypted\. Give its password by --password\."):
        parse(encrypted)
    with pytest.raises(ParseError, match=r"torn\.pdf is damaged"):
        parse(damaged)


def test_the_password_opens_it_and_no_other_does(tmp_path: Path) -> None:
    path = lock(write_pdf(tmp_path / "locked.pdf", [Sheet().lines(72, 100, LEFT)]), "tern-4711")
    assert words(parser(password="tern-4711").parse(path)) == " ".join(LEFT)
    with pytest.raises(ParseError, match=r"The password given does not open locked\.pdf") as caught:
        parser(password="gull-0815").parse(path)
    assert "gull-0815" not in f"{caught.value.as_dict()} {caught.value.__cause__}"
    with pytest.raises(ParseError, match=r"locked\.pdf is encrypted"):
        parser().parse(path)


def test_a_password_does_no_harm_to_a_pdf_without_one(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "open.pdf", [Sheet().lines(72, 100, LEFT)])
    assert words(parser(password="tern-4711").parse(path)) == " ".join(LEFT)


def test_too_many_pages_are_refused_and_pages_are_counted(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "long.pdf", [Sheet().text(72, 100, line) for line in LEFT[:3]])
    with pytest.raises(ParseError, match=r"long\.pdf has 3 pages; at most 2 are read"):
        parser(max_pages=2).parse(path)
    told: list[tuple[int, int]] = []
    parser().parse(path, on_page=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_pdf_without_words_says_so(parse: Parse, tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"drawing\.pdf contains no text"):
        parse(write_pdf(tmp_path / "drawing.pdf", [Sheet().rule(72, 100, 500, 400)]))
