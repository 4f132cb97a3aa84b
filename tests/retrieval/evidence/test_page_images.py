"""Pages drawn by the program apart, as the app asks for them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from retrieval.errors import ParseError
from retrieval.evidence.page_images import is_pictured, page_image, quoted_page
from tests.retrieval.evidence.pixels import tinted, yellow
from tests.retrieval.parsing.sheets import Sheet, write_pdf


def opened(png: bytes) -> Image.Image:
    assert png.startswith(b"\x89PNG")
    return Image.open(io.BytesIO(png))


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    return write_pdf(
        tmp_path / "手册 a.pdf", [Sheet().text(100, 300, text) for text in ("A first page.", "A second one.")]
    )


def test_a_page_of_a_pdf_is_marked(pdf: Path) -> None:
    image = opened(page_image(pdf, 2, boxes=[(90, 280, 300, 320)], quotes=["second"], width=595))
    assert image.size == (595, 842)
    mark = yellow(image)
    assert mark
    assert mark[0] > 105
    assert 285 < mark[1] < mark[3] < 310


def test_the_page_with_most_of_the_quote_is_the_one_to_open(pdf: Path) -> None:
    boxes = {1: ((90.0, 280.0, 300.0, 320.0),), 2: ((90.0, 280.0, 300.0, 320.0),)}
    assert quoted_page(pdf, boxes, ["A second one."]) == 2
    assert quoted_page(pdf, boxes, ["A first page."]) == 1
    assert quoted_page(pdf, boxes, ["nowhere"]) == 1


def test_a_frame_of_a_picture_is_a_page(tmp_path: Path) -> None:
    path = tmp_path / "scan.tiff"
    red, blue = Image.new("RGB", (400, 200), "red"), Image.new("RGB", (200, 100), "blue")
    red.save(path, save_all=True, append_images=[blue], dpi=(144, 144))
    image = opened(page_image(path, 2, width=100))
    assert (image.size, image.getpixel((50, 25))) == ((100, 50), (0, 0, 255))


def test_boxes_on_a_picture_are_points(tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    Image.new("RGB", (600, 300), "white").save(path, dpi=(144, 144))
    area = tinted(opened(page_image(path, 1, boxes=[(100, 50, 200, 100)], quotes=["x"], width=600)))
    assert area
    assert [round(edge, -1) for edge in area] == [200, 100, 400, 200]


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [("L", ".png"), ("P", ".png"), ("RGBA", ".webp"), ("I;16", ".png"), ("1", ".tiff"), ("CMYK", ".jpg")],
)
def test_pictures_of_every_kind_are_shown(tmp_path: Path, mode: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    Image.new(mode, (40, 30)).save(path)
    assert opened(page_image(path, 1)).mode == "RGB"


def test_what_is_clear_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", (40, 30), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert opened(page_image(tmp_path / "a.png", 1)).getpixel((5, 5)) == (255, 255, 255)


def test_a_picture_taken_sideways_is_turned(tmp_path: Path) -> None:
    picture = Image.new("RGB", (40, 30))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "a.jpg", exif=exif)
    assert opened(page_image(tmp_path / "a.jpg", 1)).size == (30, 40)


def encrypted(folder: Path) -> Path:
    return write_pdf(folder / "a.pdf", [Sheet().text(72, 100, "x")], encrypted=True)


def damaged(folder: Path) -> Path:
    (folder / "a.pdf").write_bytes(b"%PDF-1.7 and then nothing of the kind")
    return folder / "a.pdf"


def text(folder: Path) -> Path:
    (folder / "a.png").write_text("not a picture")
    return folder / "a.png"


def bomb(folder: Path) -> Path:
    def part(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(10_000))
    (folder / "a.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", pixels) + part(b"IEND", b"")
    )
    return folder / "a.png"


def cut_off(folder: Path) -> Path:
    Image.effect_noise((300, 300), 80).save(folder / "a.png")
    (folder / "a.png").write_bytes((folder / "a.png").read_bytes()[:2000])
    return folder / "a.png"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (encrypted, "encrypted"),
        (damaged, "cannot be drawn"),
        (text, "not a picture"),
        (bomb, "too large"),
        (cut_off, "damaged"),
        (lambda folder: folder / "gone.pdf", "cannot be read"),
    ],
)
def test_what_cannot_be_drawn_is_told(tmp_path: Path, make: Callable[[Path], Path], words: str) -> None:
    with pytest.raises(ParseError, match=words) as raised:
        page_image(make(tmp_path), 1)
    assert raised.value.hint


def test_a_file_that_exhausts_the_program_is_told_and_the_app_goes_on(tmp_path: Path, pdf: Path) -> None:
    """Ten forms, each drawing the next one ten times."""
    forms = [(f"/Resources<</XObject<</X {6 + n} 0 R>>>>", "/X Do " * 10) for n in range(9)] + [
        ("", "0 0 9 9 re f " * 9000)
    ]
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Count 1/Kids[3 0 R]>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</X 5 0 R>>>>/Contents 4 0 R>>",
        "<</Length 5>>\nstream\n/X Do\nendstream",
    ]
    for resources, content in forms:
        form = f"<</Type/XObject/Subtype/Form/BBox[0 0 595 842]{resources}/Length {len(content)}>>"
        objects.append(f"{form}\nstream\n{content}\nendstream")
    body = "".join(f"{number} 0 obj\n{text}\nendobj\n" for number, text in enumerate(objects, 1))
    (tmp_path / "a.pdf").write_text(f"%PDF-1.4\n{body}trailer <</Root 1 0 R>>")
    with pytest.raises(ParseError, match=r"cannot be drawn|takes longer"):
        page_image(tmp_path / "a.pdf", 1)
    assert page_image(pdf, 1)


@pytest.mark.parametrize("page", [0, -1, 3, 10**6])
def test_a_page_that_is_not_there_is_told(pdf: Path, tmp_path: Path, page: int) -> None:
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    for path in (pdf, tmp_path / "a.png"):
        with pytest.raises(ParseError, match=f"has no page {page}"):
            page_image(path, page)


def test_only_pdfs_and_pictures_have_pages_to_see() -> None:
    types = (
        "application/pdf",
        "image/png",
        "text/html",
        "application/vnd.openxmlformats-officedocument.presentationml",
    )
    assert [is_pictured(kind) for kind in types] == [True, True, False, False]
