"""Files are read as what they are, whatever their names say."""

from __future__ import annotations

import os
import shutil
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document as WordDocument
from PIL import Image

from retrieval.archives import MAX_LISTING_BYTES
from retrieval.errors import ParseError
from retrieval.parsing.failures import as_parse_error
from retrieval.parsing.formats import DOCX, JATS, ODT, PDF, USPTO, identify
from tests.retrieval.parsing.inside import parser, words
from tests.retrieval.parsing.sheets import Sheet, write_pdf

ARTICLE = (
    '<?xml version="1.0"?>\n<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Publishing DTD v1.1//EN" "x">\n'
    "<article><front><article-meta><title-group><article-title>Bells</article-title></title-group></article-meta></front>"
    "<body><sec><title>Noon</title><p>The bell rings at noon.</p></sec></body></article>"
)
PATENT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE us-patent-application SYSTEM "us-patent-application-v46-2022-02-17.dtd" [ ]>\n'
    '<us-patent-application lang="EN"><us-bibliographic-data-application><invention-title id="t">Bell striker'
    '</invention-title></us-bibliographic-data-application><abstract id="abstract"><p id="p-0001" num="0000">'
    "The bell rings at noon.</p></abstract></us-patent-application>"
)
PAGE = "<!DOCTYPE html>\n<html><body><h1>Bells</h1><p>The bell rings at noon.</p></body></html>"


def word(path: Path) -> Path:
    document = WordDocument()
    document.add_paragraph("The bell rings at noon.")
    document.save(str(path))
    return path


def pdf(path: Path) -> Path:
    return write_pdf(path, [Sheet().text(72, 100, "The bell rings at noon.")])


def text(content: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(content)


@pytest.mark.parametrize(
    ("name", "make", "kind"),
    [
        ("a.pdf", word, DOCX),
        ("report", word, DOCX),
        ("a.docx", pdf, PDF),
        ("a.txt", pdf, PDF),
        ("a.xml", text(ARTICLE), JATS),
        ("a.nxml", text(ARTICLE[ARTICLE.index("<article>") :]), JATS),
        ("a.xml", text(PATENT), USPTO),
        ("a.txt", text(PAGE), "text/html"),
        ("a.xml", text(f'<?xml version="1.0"?>\n{PAGE}'), "text/html"),
        ("notes", text("The bell rings at noon."), "text/plain"),
        ("a.md", text("The bell rings at noon, see <html> and BM, MZ and %PDF-1.4."), "text/markdown"),
        ("a.csv", text("BMW,<article>\nMZ,The bell rings at noon.\n"), "text/csv"),
    ],
)  # fmt: skip
def test_content_outranks_the_suffix(tmp_path: Path, name: str, make: Callable[[Path], object], kind: str) -> None:
    make(tmp_path / name)
    assert identify(tmp_path / name) == kind
    assert "The bell rings at noon" in words(parser().parse(tmp_path / name))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.pdf", b"\x7fELF\x02\x01\x01" + b"\0" * 60, r"a\.pdf is a program, which is not read"),
        ("a.bin", b"\x7fELF\x02\x01\x01" + b"\0" * 60, r"a\.bin is a program"),
        ("a.txt", b"MZ\x90\0" + b"\0" * 60, "is a Windows program"),
        ("a.mp4", b"\0\0\0\x18ftypisom" + b"\0" * 60, "is a video"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 60, r"a\.doc is damaged"),
        ("a.docx", b"PK\x03\x04" + b"\0" * 60, r"a\.docx is damaged"),
        ("a.pptx", b"no presentation", r"a\.pptx is damaged, or is not a PowerPoint presentation"),
        ("a.xml", b"<config><key/></config>", r"a\.xml is not an XML document of a kind that is read"),
        ("a.py", b"print()", r"Files ending in \.py cannot be read"),
        ("blob", b"\0\1\2\3", "Files without a suffix cannot be read"),
    ],
)
def test_what_is_not_read_has_a_reason(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ParseError, match=reason) as caught:
        identify(tmp_path / name)
    assert caught.value.hint


def test_archives_and_templates(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("notes.txt", "The bell rings at noon.")
    with pytest.raises(ParseError, match=r"a\.docx is a ZIP archive, which is not read\. Give it the suffix \.zip"):
        identify(tmp_path / "a.docx")
    with zipfile.ZipFile(tmp_path / "letter.ott", "w") as archive:
        archive.writestr("mimetype", f"{ODT}-template")
    assert identify(tmp_path / "letter.ott") == ODT


def test_a_picture_named_like_a_document(tmp_path: Path) -> None:
    Image.new("RGB", (40, 40), "white").save(tmp_path / "a.png")
    shutil.move(tmp_path / "a.png", tmp_path / "a.docx")
    assert identify(tmp_path / "a.docx") == "image/png"


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    path.mkdir()
    document = parser().parse(pdf(path / os.fsdecode(b"men\xfc.pdf")))
    assert words(document) == "The bell rings at noon."
    assert document.title == "men\ufffd"
    document.docling_json.encode()
    (path / os.fsdecode(b"\xfc.docx")).write_bytes(b"PK\x03\x04")
    with pytest.raises(ParseError) as caught:
        parser().parse(path / os.fsdecode(b"\xfc.docx"))
    str(caught.value).encode()


def test_a_long_name_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xfc" * 246 + b".txt")
    path.write_text("The bell rings at noon.")
    document = parser().parse(path)
    assert words(document) == "The bell rings at noon."
    assert set(document.title) == {"\ufffd"}


def test_a_reason_is_for_people() -> None:
    for said, reason in (
        (
            "Maximum entity amplification factor exceeded, see xmlCtxtSetMaxAmplification., line 1, column 5 "
            "(<string>, line 1)",
            "Maximum entity amplification factor exceeded",
        ),
        ("mismatched tag: line 3, column 12", "mismatched tag"),
        ("Expecting value: line 1 column 1 (char 0)", "Expecting value"),
        ("Start tag expected, '<' not found (<string>, line 1)", "Start tag expected, '<' not found"),
        ("The outline has no first entry, see page 3", "The outline has no first entry, see page 3"),
        ("(<string>, line 1)", "ValueError"),
    ):
        with pytest.raises(ParseError) as raised, as_parse_error(Path("a.nxml")):
            raise ValueError(said)
        assert raised.value.message == f"a.nxml is damaged, or is not what its suffix says ({reason})."


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_declaration_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path: Path, method: int) -> None:
    path = tmp_path / "a.epub"
    with zipfile.ZipFile(path, "w", method) as archive, archive.open("mimetype", "w") as member:
        for _ in range(64):
            member.write(b"x" * 2**20)
    tracemalloc.start()
    try:
        with pytest.raises(ParseError, match=r"a\.epub is a ZIP archive, which is not read"):
            identify(path)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_a_container_with_a_broken_declaration_or_too_long_a_list_is_damaged(tmp_path: Path) -> None:
    torn, endless = tmp_path / "torn.odt", tmp_path / "endless.docx"
    with zipfile.ZipFile(torn, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
    content = bytearray(torn.read_bytes())
    content[38:42] = b"\xff" * 4
    torn.write_bytes(content)
    with zipfile.ZipFile(endless, "w") as archive:
        for number in range(MAX_LISTING_BYTES // 60_000 + 1):
            archive.writestr(f"{number}{'x' * 60_000}", "")
    for path in (torn, endless):
        with pytest.raises(ParseError, match=rf"{path.name} is damaged"):
            identify(path)
