"""What comes out of each format, through a real worker."""

from __future__ import annotations

import json
from email.message import EmailMessage
from pathlib import Path

import pytest
from docx import Document as WordDocument
from odfdo import Document as OpenDocument
from odfdo import DrawPage, Frame, Header, Paragraph, Table
from openpyxl import Workbook  # type: ignore[import-untyped]  # it has no stubs
from pptx import Presentation

from retrieval.errors import ParseError
from retrieval.types import ParsedDocument
from tests.retrieval.parsing.conftest import Parse

MARKDOWN = """# Handbook

Welcome <|endoftext|> to the [SEP] workshop.

## Leave

- 26 days
- ask first

| Item | Price |
|---|---|
| Lamp | 12 |

### Storms

```python
print("never run")
```
"""

MHTML = (
    'MIME-Version: 1.0\nContent-Type: multipart/related; type="text/html"; boundary="B"\n\n--B\n'
    "Content-Type: text/html\nContent-Location: http://x.example/\n\n"
    "<html><body><p>The bell rings at noon.</p></body></html>\n--B--\n"
)
BOXNOTE = (
    '{"doc": {"type": "doc", "content": [{"type": "paragraph", "content": '
    '[{"type": "text", "text": "The bell rings at noon."}]}]}}'
)


def _words(document: ParsedDocument) -> str:
    return " ".join(chunk.text for chunk in document.chunks)


def test_markdown(parse: Parse, tmp_path: Path) -> None:
    path = tmp_path / "handbook.md"
    path.write_text(MARKDOWN)
    document = parse(path)
    assert (document.title, document.language, document.media_type, document.pages) == (
        "Handbook", "en", "text/markdown", 0,
    )  # fmt: skip
    assert document.parser.startswith("docling-2.")
    assert [chunk.headings for chunk in document.chunks] == [
        ("Handbook",), ("Handbook", "Leave"), ("Handbook", "Leave", "Storms"),
    ]  # fmt: skip
    welcome, leave, storms = document.chunks
    assert welcome.text == "Welcome <|endoftext|> to the [SEP] workshop."
    assert welcome.embedded_text == f"Handbook\n{welcome.text}"
    assert leave.text == "- 26 days\n- ask first\n\n| Item | Price |\n| - | - |\n| Lamp | 12 |"
    assert (storms.kind, storms.text) == ("code", '```\nprint("never run")\n```')
    assert (welcome.page, welcome.boxes) == (None, {})


def test_the_kept_json_is_a_docling_document(parse: Parse, tmp_path: Path) -> None:
    path = tmp_path / "handbook.md"
    path.write_text(MARKDOWN)
    kept = json.loads(parse(path).docling_json)
    assert kept["schema_name"] == "DoclingDocument"
    assert [text["text"] for text in kept["texts"]][:2] == ["Handbook", "Welcome <|endoftext|> to the [SEP] workshop."]


def test_markdown_and_csv_in_gb18030(parse: Parse, tmp_path: Path) -> None:
    (tmp_path / "手册.md").write_bytes("# 员工手册\n\n每位员工每年有十五天年假。".encode("gb18030"))
    (tmp_path / "价目.csv").write_bytes("产品,售价\n气压计,1980\n湿度计,560\n".encode("gb18030"))
    handbook, prices = parse(tmp_path / "手册.md"), parse(tmp_path / "价目.csv")
    assert (handbook.title, handbook.language) == ("员工手册", "zh")
    assert (prices.title, prices.chunks[0].kind) == ("价目", "table")
    assert prices.chunks[0].text == "| 产品 | 售价 |\n| - | - |\n| 气压计 | 1980 |\n| 湿度计 | 560 |"


def test_type_changes_within_a_sentence_leave_no_blanks(parse: Parse, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "每位**正式员工**每年有十五天年假。\n\n**Note**: ask *twice* (or [more](http://x.example)).\n"
    )
    assert parse(tmp_path / "a.md").chunks[0].text == "每位正式员工每年有十五天年假。\n\nNote: ask twice (or more)."


def test_plain_text(parse: Parse, tmp_path: Path) -> None:
    path = tmp_path / "history.txt"
    path.write_bytes(b"# Not a heading\n\nFounded in 1987\x00 by a pilot.\n")
    document = parse(path)
    assert (document.title, document.parser.split("/")[1]) == ("history", "plain-text")
    assert [chunk.text for chunk in document.chunks] == ["# Not a heading\n\nFounded in 1987 by a pilot."]


def test_html_keeps_what_stands_above_the_first_heading(parse: Parse, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(
        "<html><head><title>Site</title><script>alert('never')</script></head><body><p>In force since May.</p>"
        "<h2>Warranty</h2><p>Five <b>years</b>, see <a href='http://x.example/y'>terms</a>.</p></body></html>"
    )
    document = parse(path)
    assert document.title == "Site"
    assert [(chunk.headings, chunk.text) for chunk in document.chunks] == [
        (("Site",), "In force since May."),
        (("Site", "Warranty"), "Five years, see terms."),
    ]


def test_docx(parse: Parse, tmp_path: Path) -> None:
    word = WordDocument()
    word.add_heading("Incident report", 0)
    word.add_heading("Cause", 1)
    word.add_paragraph("Sea water had entered the gear case.")
    table = word.add_table(rows=2, cols=2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ("Part", "Cost", "Ring", "4.50"), strict=True):
        cell.text = text
    word.save(str(tmp_path / "report.docx"))
    document = parse(tmp_path / "report.docx")
    assert document.title == "Incident report"
    assert {chunk.headings for chunk in document.chunks} == {("Incident report", "Cause")}
    assert "Sea water had entered the gear case." in _words(document)
    assert "| Part | Cost |\n| - | - |\n| Ring | 4.50 |" in _words(document)


def test_every_slide_is_a_page_under_its_own_title(parse: Parse, tmp_path: Path) -> None:
    deck = Presentation()
    for title, body in (("Lantern", "For dealers"), ("Why", "Radios are old"), ("", "No title here")):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
    deck.save(str(tmp_path / "deck.pptx"))
    document = parse(tmp_path / "deck.pptx")
    assert (document.pages, document.title) == (3, "Lantern")
    assert [(chunk.page, chunk.page_last, chunk.headings) for chunk in document.chunks] == [
        (1, 1, ("Lantern",)), (2, 2, ("Lantern", "Why")), (3, 3, ("Lantern",)),
    ]  # fmt: skip
    ((left, top, right, bottom),) = document.chunks[0].boxes[1]
    assert 0 <= left < right <= 720
    assert 0 <= top < bottom <= 540


def test_every_sheet_is_a_page_under_its_name(parse: Parse, tmp_path: Path) -> None:
    book = Workbook()
    prices, parts = book.worksheets[0], book.create_sheet("Parts")
    prices.title = "Prices"
    book.create_sheet("Empty")
    for row in (("Item", "Price"), ("Lamp", 12), ("Clock", 9600)):
        prices.append(row)
    for row in (("Part", "Fits"), ("Ring", "Clock")):
        parts.append(row)
    book.save(tmp_path / "prices.xlsx")
    document = parse(tmp_path / "prices.xlsx")
    assert [(chunk.page, chunk.headings, chunk.kind, chunk.boxes) for chunk in document.chunks] == [
        (1, ("Prices",), "table", {}), (2, ("Parts",), "table", {}),
    ]  # fmt: skip
    assert document.chunks[0].text.endswith("| Lamp | 12 |\n| Clock | 9600 |")
    assert document.title == "prices"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("mail.eml", "From: a@b.example\nSubject: Storm warning\n\nThe bell rings at noon.\n"),
        ("page.mhtml", MHTML),
        ("note.boxnote", BOXNOTE),
        ("talk.vtt", "WEBVTT\n\n00:00.000 --> 00:02.000\nThe bell rings at noon.\n"),
        ("guide.adoc", "= Guide\n\n== Bells\n\nThe bell rings at noon.\n"),
        ("paper.tex", r"\documentclass{article}\begin{document}\section{Bells}The bell rings at noon.\end{document}"),
    ],
)
def test_other_formats_that_need_no_models(parse: Parse, tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    assert "The bell rings at noon." in _words(parse(tmp_path / name))


def test_opendocument_text_sheet_and_slides(parse: Parse, tmp_path: Path) -> None:
    text, sheet, slides = OpenDocument("text"), OpenDocument("spreadsheet"), OpenDocument("presentation")
    for document in (text, sheet, slides):
        document.body.clear()
    text.body.append(Header(1, "Bells"))
    text.body.append(Paragraph("The bell rings at noon."))
    table = Table("Prices")
    table.set_values([["Item", "Price"], ["Lamp", 12]])
    sheet.body.append(table)
    page = DrawPage("one", name="Bells")
    page.append(Frame.text_frame([Paragraph("The bell rings at noon.")], size=("7cm", "5cm"), position=("1cm", "1cm")))
    slides.body.append(page)
    for document, suffix in ((text, "odt"), (sheet, "ods"), (slides, "odp")):
        document.save(tmp_path / f"bells.{suffix}")
    (chunk,) = parse(tmp_path / "bells.odt").chunks
    assert (chunk.headings, chunk.text) == (("Bells",), "The bell rings at noon.")
    (chunk,) = parse(tmp_path / "bells.ods").chunks
    assert (chunk.page, chunk.text) == (1, "| Item | Price |\n| - | - |\n| Lamp | 12 |")
    assert "The bell rings at noon." in _words(parse(tmp_path / "bells.odp"))


def test_a_mail_with_an_attachment_keeps_its_body(parse: Parse, tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@b.example", "Storm warning"
    mail.set_content("The bell rings at noon.")
    mail.add_attachment(b"%PDF-1.4 torn", maintype="application", subtype="pdf", filename="torn.pdf")
    (tmp_path / "mail.eml").write_bytes(mail.as_bytes())
    assert "The bell rings at noon." in _words(parse(tmp_path / "mail.eml"))


@pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.xlsx", "a.epub", "a.nxml", "a.pdf"])
def test_garbage_is_called_damaged(parse: Parse, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x13\x37 this is no such file" * 50)
    with pytest.raises(ParseError, match=rf"{name} is damaged, or is not .* save it again\."):
        parse(tmp_path / name)


@pytest.mark.parametrize("name", ["blank.txt", "blank.md", "blank.html"])
def test_a_document_without_text_is_refused(parse: Parse, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(" \n\n")
    with pytest.raises(ParseError, match=f"{name} contains no text"):
        parse(tmp_path / name)


def test_unsupported_missing_and_empty(parse: Parse, tmp_path: Path) -> None:
    (tmp_path / "empty.pdf").touch()
    (tmp_path / "movie.mp4").write_bytes(b"moving")
    for name, reason in (("movie.mp4", "cannot be read"), ("gone.md", "No such file"), ("empty.pdf", "is empty")):
        with pytest.raises(ParseError, match=reason):
            parse(tmp_path / name)
