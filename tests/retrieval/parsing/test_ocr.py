"""Text read off pictures and scanned pages."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFont

from retrieval.errors import ParseError
from retrieval.parsing.docling_parser import DoclingParser
from tests.retrieval.parsing.inside import parser, words
from tests.retrieval.parsing.sheets import Sheet, write_pdf

CHINESE = Path(__file__).parent / "scans" / "chinese.png"
SENTENCE = "The lighthouse keeper winds the clock each morning."


def drawn(lines: Sequence[str], *, title: str = "") -> Image.Image:
    """A page at 100 dots per inch."""
    picture = Image.new("RGB", (827, 500), "white")
    pen = ImageDraw.Draw(picture)
    pen.text((80, 60), title, font=ImageFont.load_default(36), fill="black")
    for number, line in enumerate(lines):
        pen.text((80, 140 + 30 * number), line, font=ImageFont.load_default(20), fill="black")
    return picture


def merged(path: Path, *parts: Path) -> Path:
    document = pypdfium2.PdfDocument.new()
    for part in parts:
        document.import_pages(pypdfium2.PdfDocument(part))
    document.save(path)
    return path


@pytest.fixture(scope="module")
def reader() -> DoclingParser:
    """Keeps the models open over the tests."""
    return parser()


def test_english_picture(reader: DoclingParser, tmp_path: Path) -> None:
    lines = (SENTENCE, "She is the ninth in a row of keepers, and the gulls", "quarrel before the boats leave.")
    drawn(lines, title="Annual Report").save(tmp_path / "page.png", dpi=(100, 100))
    document = reader.parse(tmp_path / "page.png")
    assert (document.media_type, document.pages, document.language) == ("image/png", 1, "en")
    assert document.parser.endswith("/ocr")
    (chunk,) = document.chunks
    assert chunk.headings == ("Annual Report",)
    assert chunk.text == " ".join(lines)
    ((left, top, right, bottom),) = chunk.boxes[1]
    assert left == pytest.approx(80 * 0.72, abs=4)
    assert top == pytest.approx(140 * 0.72, abs=6)
    assert (right, bottom) < (595, 230)


def test_chinese_picture(reader: DoclingParser) -> None:
    document = reader.parse(CHINESE)
    assert document.language == "zh"
    assert "每位正式员工每年享有十五天带薪年假" in words(document)
    assert "未休完的年假可以结转到下一年度的三月底" in words(document)


@pytest.mark.parametrize("suffix", ["jpg", "bmp", "webp", "tiff"])
def test_other_pictures(reader: DoclingParser, tmp_path: Path, suffix: str) -> None:
    drawn([SENTENCE]).save(tmp_path / f"page.{suffix}")
    assert words(reader.parse(tmp_path / f"page.{suffix}")) == SENTENCE


def test_every_frame_is_a_page(reader: DoclingParser, tmp_path: Path) -> None:
    first, *others = [drawn([f"{SENTENCE} {word}"]) for word in ("Once.", "Twice.")]
    first.save(tmp_path / "fax.tiff", save_all=True, append_images=others)
    told: list[tuple[int, int]] = []
    document = reader.parse(tmp_path / "fax.tiff", on_page=lambda done, total: told.append((done, total)))
    assert sorted(page for chunk in document.chunks for page in chunk.boxes) == [1, 2]
    assert told == [(1, 2), (2, 2)]
    with pytest.raises(ParseError, match=r"fax\.tiff has 2 pages; at most 1 are read"):
        parser(max_pages=1).parse(tmp_path / "fax.tiff")


def test_a_transparent_picture_is_read_on_white(reader: DoclingParser, tmp_path: Path) -> None:
    shape = drawn([SENTENCE]).convert("L").point(lambda shade: 255 - int(shade))
    ink = Image.new("RGBA", shape.size, "black")
    ink.putalpha(shape)
    ink.save(tmp_path / "ink.png")
    assert words(reader.parse(tmp_path / "ink.png")) == SENTENCE


def test_a_page_of_text_and_a_scanned_page(reader: DoclingParser, tmp_path: Path) -> None:
    text = write_pdf(tmp_path / "text.pdf", [Sheet().text(72, 100, "Printed words.")])
    drawn([SENTENCE]).save(tmp_path / "scan.pdf", resolution=100)
    mixed = merged(tmp_path / "mixed.pdf", text, tmp_path / "scan.pdf")
    told: list[tuple[int, int]] = []
    document = reader.parse(mixed, on_page=lambda done, total: told.append((done, total)))
    assert document.parser.endswith("/pdf-geometry+ocr")
    assert "Printed words." in words(document)
    assert SENTENCE in words(document)
    assert {page for chunk in document.chunks for page in chunk.boxes} == {1, 2}
    assert told == [(1, 2), (2, 2)]
    assert document.problems == ()


def test_without_ocr_the_scanned_page_is_named(tmp_path: Path) -> None:
    text = write_pdf(tmp_path / "text.pdf", [Sheet().text(72, 100, "Printed words.")])
    drawn([SENTENCE]).save(tmp_path / "scan.pdf", resolution=100)
    document = parser(ocr=False).parse(merged(tmp_path / "mixed.pdf", text, tmp_path / "scan.pdf"))
    assert words(document) == "Printed words."
    assert document.problems == ("Page 2 is a picture without a text layer.",)
    assert document.parser.endswith("+scans-skipped")
    with pytest.raises(ParseError, match=r"scan\.pdf has no text layer"):
        parser(ocr=False).parse(tmp_path / "scan.pdf")
    with pytest.raises(ParseError, match=r"chinese\.png is a picture"):
        parser(ocr=False).parse(CHINESE)


def test_pages_there_is_no_time_for_are_named(tmp_path: Path) -> None:
    text = write_pdf(tmp_path / "text.pdf", [Sheet().text(72, 100, "Printed words.")])
    drawn([SENTENCE]).save(tmp_path / "scan.pdf", resolution=100)
    mixed = merged(tmp_path / "mixed.pdf", text, tmp_path / "scan.pdf")
    document = parser(timeout_s=1e-6).parse(mixed)
    assert words(document) == "Printed words."
    assert document.problems == ("Page 2 cannot be read (parsing.timeout_s left no time for OCR).",)
    drawn([SENTENCE]).save(tmp_path / "fax.tiff", save_all=True, append_images=[drawn(["Twice."])])
    document = parser(timeout_s=1e-6).parse(tmp_path / "fax.tiff")
    assert words(document) == SENTENCE
    assert document.problems == ("Page 2 cannot be read (parsing.timeout_s left no time for OCR).",)


def test_a_picture_without_text_and_a_torn_one(reader: DoclingParser, tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), "white").save(tmp_path / "white.png")
    with pytest.raises(ParseError, match=r"white\.png contains no text"):
        reader.parse(tmp_path / "white.png")
    shutil.copy(CHINESE, tmp_path / "torn.png")
    (tmp_path / "torn.png").write_bytes(CHINESE.read_bytes()[:2000])
    with pytest.raises(ParseError, match=r"torn\.png is damaged"):
        reader.parse(tmp_path / "torn.png")
