"""Text read off pictures and scanned pages."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import pypdfium2
import pytest
from docling_core.types.doc import BoundingBox, DoclingDocument, ProvenanceItem, TextItem
from PIL import Image, ImageDraw, ImageFont

from configs.settings import ParsingSettings
from retrieval.errors import ParseError
from retrieval.parsing.docling_parser import DoclingParser
from retrieval.parsing.formats import PDF
from retrieval.parsing.ocr import Ocr
from retrieval.parsing.parsers import LAYOUT, WITH_OCR, WITHOUT_OCR, is_current
from retrieval.parsing.pdf.document import read_by_geometry
from retrieval.parsing.pdf_reader import PdfReader
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


def whole_page(document: DoclingDocument, number: int) -> ProvenanceItem:
    """Where the layout models find a picture on a scanned page."""
    size = document.pages[number].size
    return ProvenanceItem(page_no=number, bbox=BoundingBox(l=0, t=size.height, r=size.width, b=0), charspan=(0, 0))


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


@pytest.mark.parametrize("mode", ["I;16", "F"])
def test_a_picture_of_more_than_256_shades(reader: DoclingParser, tmp_path: Path, mode: str) -> None:
    shades = drawn([SENTENCE]).convert("F").point(lambda shade: shade * 12 + 900)
    shades.convert("I").convert(mode).save(tmp_path / "deep.tiff")
    assert words(reader.parse(tmp_path / "deep.tiff")) == SENTENCE


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


def test_scans_among_the_pages_of_the_layout_models_are_read_in_their_place(tmp_path: Path) -> None:
    one, three = "The bell rings at noon.", "Gulls quarrel before the boats leave."
    first = write_pdf(tmp_path / "first.pdf", [Sheet().text(72, 100, one)])
    last = write_pdf(tmp_path / "last.pdf", [Sheet().text(72, 300, three)])
    drawn([SENTENCE]).save(tmp_path / "scan.pdf", resolution=100)
    write_pdf(tmp_path / "blank.pdf", [Sheet()])
    path = merged(tmp_path / "mixed.pdf", first, tmp_path / "scan.pdf", last, tmp_path / "blank.pdf")
    settings = ParsingSettings()
    for ocr, name, said, left in (
        (Ocr(), LAYOUT + WITH_OCR, [one, SENTENCE, three], (4,)),
        (None, LAYOUT + WITHOUT_OCR, [one, three], (2, 4)),
    ):
        document, _ = read_by_geometry(path, read_scan=None)
        document.add_picture(prov=whole_page(document, 2))
        reader = PdfReader(settings, ocr=ocr, password=None)
        found = reader.add_scans(document, path, until=time.monotonic() + 60)
        assert found == (name, tuple(f"Page {number} holds nothing that was read." for number in left))
        assert [item.text for item, _ in document.iterate_items() if isinstance(item, TextItem)] == said
        assert is_current(found[0], PDF, settings) == (is_current(LAYOUT, PDF, settings) and ocr is not None)


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
