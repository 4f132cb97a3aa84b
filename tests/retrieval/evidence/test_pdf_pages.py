"""Pages drawn from PDFs in which every word is written on its own, so that each can be drawn alone as well."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
from docling_parse.pdf_parser import DoclingPdfParser
from PIL import Image

from retrieval.evidence.marking import Drawn, marked
from retrieval.evidence.pdf_pages import draw_pdf_page, quoted_letters
from retrieval.types import Box
from tests.retrieval.evidence.pixels import dark, tinted, yellow
from tests.retrieval.parsing.sheets import Sheet, write_pdf

WORDS = {"Hotels": (100, 300), "are": (140, 300), "paid": (160, 300), "Taxis": (100, 312), "wait": (140, 312)}
WHOLE = (90.0, 280.0, 300.0, 330.0)


def written(path: Path, *words: str, rotation: int = 0, crop: tuple[int, int, int, int] | None = None) -> Path:
    sheet = Sheet()
    for word in words:
        left, baseline = WORDS[word]
        sheet.text(left, baseline, word)
    write_pdf(path, [sheet])
    with pypdfium2.PdfDocument(path.read_bytes()) as document:
        page = document[0]
        page.set_rotation(rotation)
        if crop:
            page.set_cropbox(*crop)
        document.save(path)
    return path


def drawn(path: Path, *quotes: str, boxes: tuple[Box, ...] = (), width: int = 1200) -> Drawn:
    return draw_pdf_page(path, 1, boxes=boxes, quotes=quotes, width=width, most_pixels=8_000_000)


def parsed_box(path: Path) -> Box:
    """Around all words of the page, as the parser gives boxes."""
    page = DoclingPdfParser(loglevel="fatal").load(path).get_page(1)
    boxes = [cell.rect.to_bounding_box().to_top_left_origin(page.dimension.height) for cell in page.word_cells]
    return min(b.l for b in boxes), min(b.t for b in boxes), max(b.r for b in boxes), max(b.b for b in boxes)


@pytest.mark.parametrize("crop", [None, (50, 60, 500, 700), (-20, -20, 700, 900)])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_exactly_the_quoted_word_is_marked_on_any_page(
    tmp_path: Path, rotation: int, crop: tuple[int, int, int, int] | None
) -> None:
    page = written(tmp_path / "a.pdf", *WORDS, rotation=rotation, crop=crop)
    alone = drawn(written(tmp_path / "b.pdf", "are", rotation=rotation, crop=crop)).image
    image = marked(drawn(page, "are", boxes=(parsed_box(page),)))
    word, mark = dark(alone), yellow(image)
    assert word
    assert mark
    assert mark[0] <= word[0] + 1
    assert mark[1] <= word[1] + 1
    assert mark[2] >= word[2] - 1
    assert mark[3] >= word[3] - 1
    line = round(12 * image.width / (842 if rotation % 180 else 595) * (1.4 if crop else 1))
    assert mark[2] - mark[0] <= word[2] - word[0] + line
    assert mark[3] - mark[1] <= word[3] - word[1] + line


def test_words_stay_readable_and_the_rest_of_the_passage_is_light(tmp_path: Path) -> None:
    page = written(tmp_path / "a.pdf", *WORDS)
    image, plain = marked(drawn(page, "are paid", boxes=(WHOLE,))), drawn(page).image
    assert dark(image) == dark(plain)
    area = tinted(image)
    assert area
    assert [round(edge * 595 / 1200) for edge in area] == [90, 280, 300, 330]
    assert yellow(plain) is None


def test_a_quote_over_two_lines_is_marked_line_by_line(tmp_path: Path) -> None:
    found = drawn(written(tmp_path / "a.pdf", *WORDS), "Hotels are paid taxis", boxes=(WHOLE,)).quoted
    assert len(found) == 2
    assert found[0][3] <= found[1][3]


def test_a_quote_is_looked_for_in_its_passage_alone(tmp_path: Path) -> None:
    sheet = Sheet().text(100, 100, "the same words").text(100, 500, "the same words")
    page = write_pdf(tmp_path / "a.pdf", [sheet])
    (found,) = drawn(page, "same words", boxes=((90, 480, 300, 510),)).quoted
    assert found[1] > 900
    (anywhere,) = drawn(page, "same words").quoted
    assert anywhere[1] < 300


def test_a_passage_without_the_quoted_words_is_tinted_more(tmp_path: Path) -> None:
    page = written(tmp_path / "a.pdf", *WORDS)
    place = (200, 600)
    weak = marked(drawn(page, "paid", boxes=(WHOLE,))).getpixel(place)
    strong = marked(drawn(page, "nowhere", boxes=(WHOLE,))).getpixel(place)
    assert isinstance(weak, tuple)
    assert isinstance(strong, tuple)
    assert weak[2] > strong[2] + 30


@pytest.mark.parametrize(("across", "down"), [(14_400, 14_400), (14_400, 20), (20, 14_400), (0, 0)])
def test_no_page_has_more_pixels_than_allowed(tmp_path: Path, across: int, down: int) -> None:
    path = tmp_path / "a.pdf"
    with pypdfium2.PdfDocument.new() as document:
        document.new_page(across, down)
        document.save(path)
    image = drawn(path, "x", width=1400).image
    assert image.width * image.height <= 8_100_000
    assert min(image.size) >= 1


def test_letters_are_counted_where_they_stand(tmp_path: Path) -> None:
    page = written(tmp_path / "a.pdf", *WORDS)
    assert quoted_letters(page, 1, boxes=[WHOLE], quotes=["are paid"]) == 7
    assert quoted_letters(page, 1, boxes=[(0, 0, 50, 50)], quotes=["are paid"]) == 0


def test_marks_on_dark_ground_are_seen() -> None:
    ground = Image.new("RGB", (100, 100), (20, 20, 40))
    assert yellow(marked(Drawn(image=ground, passage=((0, 0, 90, 90),), quoted=((10, 10, 50, 20),)))) is None
    brightness = marked(Drawn(image=ground, quoted=((10, 10, 50, 20),))).getpixel((20, 15))
    assert isinstance(brightness, tuple)
    assert min(brightness[:2]) > 100
