"""What each way of cutting promises, and what all of them keep."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from docling_core.types.doc import DocItemLabel, DoclingDocument, DocumentOrigin, GroupLabel
from openpyxl import Workbook  # type: ignore[import-untyped]  # it has no stubs

from configs.errors import ConfigError
from configs.settings import ChunkingSettings, ParsingSettings
from retrieval.chunking import open_chunker
from retrieval.parsing.docling_parser import DoclingParser
from tests.retrieval.chunking.documents import CHINESE, ENGLISH, TOKENIZER, chunks, paged, place, table, tokens

STRATEGIES = ("hybrid", "hierarchical", "sentence-window", "fixed", "page")
SENTENCES = [f"Sentence number {n} says something of its own." for n in range(40)]


def _document() -> DoclingDocument:
    document = DoclingDocument(name="a")
    document.add_title(text="Handbook")
    document.add_text(label=DocItemLabel.TEXT, text=ENGLISH * 9)
    document.add_heading(text="第二章", level=1)
    document.add_text(label=DocItemLabel.TEXT, text=CHINESE * 9)
    document.add_text(label=DocItemLabel.TEXT, text="x" * 900)
    document.add_table(data=table(30))
    document.add_code(text="\n".join(f"print({number})" for number in range(20)))
    document.add_heading(text="To be written", level=1)
    return document


def _long() -> DoclingDocument:
    document = DoclingDocument(name="a")
    document.add_heading(text="One", level=1)
    for start in range(0, 40, 8):
        document.add_text(label=DocItemLabel.TEXT, text=" ".join(SENTENCES[start : start + 8]))
    return document


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("max_tokens", [48, 128])
def test_nothing_is_lost_or_longer_than_the_embedder_reads(strategy: str, max_tokens: int) -> None:
    found = chunks(_document(), max_tokens, strategy=strategy)
    assert max(tokens(chunk.embedded_text) for chunk in found) <= max_tokens
    text = "\n".join(chunk.text for chunk in found)
    for words in (
        ENGLISH,
        CHINESE,
        "value 29 of 2",
        "print(19)",
        "To be written",
        *(f"value {n} of 1" for n in range(1, 30)),
    ):
        for word in re.findall(r"[\w()]+", words):
            assert word in text
    assert sum(chunk.text.count("x") for chunk in found) >= 900


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_headings_and_kinds_are_kept(strategy: str) -> None:
    found = chunks(_document(), strategy=strategy)
    assert {chunk.kind for chunk in found} >= (
        {"text"} if strategy in ("page", "hybrid") else {"text", "table", "code"}
    )
    assert all(chunk.headings[0] == "Handbook" for chunk in found)
    assert found[-1].headings == ("Handbook", "To be written")
    assert next(chunk.headings for chunk in found if "value 17 of 1" in chunk.text) == ("Handbook", "第二章")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_row_of_a_table_is_read_under_its_header(strategy: str) -> None:
    document = DoclingDocument(name="a")
    document.add_table(data=table(120))
    found = chunks(document, strategy=strategy)
    assert len(found) > 10
    assert all(chunk.text.startswith("| head 0 | head 1 | head 2 |\n| - | - | - |\n| value") for chunk in found)


def test_a_row_too_wide_for_a_chunk_keeps_its_column_names_and_spares_the_other_rows() -> None:
    data = table(6, columns=4)
    data.table_cells[9].text = "A long remark. " * 80
    document = DoclingDocument(name="a")
    document.add_table(data=data)
    found = chunks(document, strategy="hierarchical")
    whole = "| value 4 of 0 | value 4 of 1 | value 4 of 2 | value 4 of 3 |\n| value 5 of 0"
    assert any(
        chunk.text.startswith("| head 0 | head 1 | head 2 | head 3 |") and whole in chunk.text for chunk in found
    )
    remarks = [chunk.text for chunk in found if "remark" in chunk.text]
    assert len(remarks) > 2
    assert all(re.match(r"\|.*\bhead 1\b.*\|\n\| -", text) for text in remarks)
    assert "".join(remarks).count("A long remark.") == 80


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_text_beside_a_table_in_one_item_is_not_lost(strategy: str) -> None:
    document = DoclingDocument(name="a")
    items = document.add_list_group()
    item = document.add_list_item(text="As follows:", parent=items)
    document.add_table(data=table(3), parent=item)
    document.add_list_item(text=" ".join(SENTENCES), parent=items)
    text = "\n".join(chunk.text for chunk in chunks(document, strategy=strategy))
    assert all(words in text for words in ("As follows:", "value 2 of 1", *SENTENCES))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("strategy", ["hybrid", "sentence-window"])
def test_a_row_of_a_spreadsheet_carries_its_column_names(tmp_path: Path, kind: str, strategy: str) -> None:
    rows = [["Instrument", "Price"], *([f"Clock {n}", f"{n} EUR"] for n in range(150))]
    path = tmp_path / f"prices.{kind}"
    if kind == "csv":
        path.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    else:
        book = Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    chunker = open_chunker(ChunkingSettings.model_validate({"strategy": strategy}), tokenizer=TOKENIZER, max_tokens=128)
    found = DoclingParser(ParsingSettings(), chunker=chunker).parse(path).chunks
    assert len(found) > 10
    assert all(chunk.text.startswith("| Instrument | Price |\n| - | - |\n| Clock") for chunk in found)
    assert any("Clock 149 | 149 EUR" in chunk.text for chunk in found)
    assert all("Instrument" in chunk.embedded_text and "Price" in chunk.embedded_text for chunk in found)


def test_code_that_fits_stays_whole() -> None:
    document = DoclingDocument(name="a")
    document.add_text(label=DocItemLabel.TEXT, text=ENGLISH * 4)
    code = document.add_code(text="def f(x):\n    return x + 1\n\nprint(f(2)). Done. Or not.")
    for strategy in STRATEGIES:
        assert any(code.text in chunk.text for chunk in chunks(document, strategy=strategy))


def test_hierarchical_makes_one_chunk_of_each_item() -> None:
    assert [chunk.text for chunk in chunks(_long(), 254, strategy="hierarchical")] == [
        " ".join(SENTENCES[start : start + 8]) for start in range(0, 40, 8)
    ]


def test_a_sentence_is_found_alone_and_read_with_its_neighbours() -> None:
    found = chunks(_long(), strategy="sentence-window")
    assert [chunk.embedded_text for chunk in found] == [f"One\n{sentence}" for sentence in SENTENCES]
    assert found[3].text == " ".join(SENTENCES[1:6])
    assert found[8].text == " ".join(SENTENCES[6:8]) + "\n\n" + " ".join(SENTENCES[8:11])
    assert found[0].text == " ".join(SENTENCES[:3])
    assert found[3].tokens == tokens(found[3].text) - 2


def test_a_row_is_found_by_its_column_names() -> None:
    document = DoclingDocument(name="a")
    document.add_table(data=table(9))
    found = chunks(document, strategy="sentence-window")
    assert found[4].embedded_text == "head 0: value 5 of 0 · head 1: value 5 of 1 · head 2: value 5 of 2"
    assert re.findall(r"value (\d) of 0", found[4].text) == ["3", "4", "5", "6", "7"]


def test_fixed_chunks_are_filled_across_paragraphs() -> None:
    found = chunks(_long(), strategy="fixed")
    assert all(chunk.text.startswith("Sentence") and chunk.text.endswith("own.") for chunk in found)
    assert min(tokens(chunk.embedded_text) for chunk in found[:-1]) > 110


@pytest.mark.parametrize("strategy", ["hybrid", "fixed"])
def test_overlap_repeats_whole_sentences(strategy: str) -> None:
    found = chunks(_long(), strategy=strategy, overlap=30)
    assert max(tokens(chunk.embedded_text) for chunk in found) <= 128
    for one, other in pairwise(found):
        repeated = [sentence for sentence in SENTENCES if sentence in one.text and sentence in other.text]
        assert 0 < tokens(" ".join(repeated)) - 2 <= 30
        assert other.text.startswith(repeated[0])
        assert one.text.endswith(repeated[-1])


def test_overlap_stays_within_its_section_and_leaves_tables_alone() -> None:
    document = _document()
    found = chunks(document, strategy="fixed", overlap=40)
    first = next(chunk for chunk in found if "第二章" in chunk.headings)
    assert first.text.startswith(CHINESE[:8])
    assert "keeper" not in first.text
    assert "value 29 of 2" in [chunk.text for chunk in found if chunk.kind == "table"][-1]
    assert all(chunk.text.startswith("| head") for chunk in found if chunk.kind == "table")


def test_a_page_is_one_chunk_with_its_headings_in_place() -> None:
    document = paged()
    document.add_heading(text="One", level=1, prov=place(1, 20))
    document.add_text(label=DocItemLabel.TEXT, text="First.", prov=place(1, 50))
    document.add_heading(text="Two", level=1, prov=place(1, 80))
    document.add_text(label=DocItemLabel.TEXT, text="Second.", prov=place(1, 110))
    document.add_text(label=DocItemLabel.TEXT, text="Third.", prov=place(2, 20))
    one, two = chunks(document, strategy="page")
    assert (one.text, one.headings, one.page) == ("One\n\nFirst.\n\nTwo\n\nSecond.", (), 1)
    assert (two.text, two.headings, two.page) == ("Third.", ("Two",), 2)


def test_without_pages_a_section_is_one_chunk() -> None:
    document = DoclingDocument(name="a")
    for name in ("One", "Two"):
        document.add_heading(text=name, level=1)
        document.add_text(label=DocItemLabel.TEXT, text=f"{name} a.")
        document.add_text(label=DocItemLabel.TEXT, text=f"{name} b.")
    assert [chunk.text for chunk in chunks(document, strategy="page")] == ["One a.\n\nOne b.", "Two a.\n\nTwo b."]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_chunk_reaches_over_slides(strategy: str) -> None:
    document = paged()
    document.origin = DocumentOrigin(
        mimetype="application/vnd.openxmlformats-officedocument.presentationml.presentation",
        binary_hash=1,
        filename="a",
    )
    for page in (1, 2, 3):
        slide = document.add_group(label=GroupLabel.CHAPTER)
        document.add_text(label=DocItemLabel.TEXT, text=f"On slide {page}.", prov=place(page, 20), parent=slide)
    found = chunks(document, strategy=strategy)
    assert [(chunk.text, chunk.page, chunk.page_last, chunk.section) for chunk in found] == [
        (f"On slide {page}.", page, page, page - 1) for page in (1, 2, 3)
    ]


def test_a_cut_paragraph_is_boxed_where_its_part_stands() -> None:
    document = paged()
    text = " ".join(SENTENCES[:30])
    item = document.add_text(label=DocItemLabel.TEXT, text=text, prov=place(1, 100, (0, len(text))))
    item.prov[0].bbox.b = item.prov[0].bbox.t - 200
    found = chunks(document)
    boxes = [chunk.boxes[1][0] for chunk in found]
    end = 0
    for chunk, (_, top, _, bottom) in zip(found, boxes, strict=True):
        start = text.index(chunk.text)
        assert top <= 100 + 200 * start / len(text)
        assert bottom >= 100 + 200 * (start + len(chunk.text)) / len(text)
        assert bottom - top < 150
        assert start >= end
        end = start + len(chunk.text)
    assert (boxes[0][1], boxes[-1][3]) == (100, 300)


def test_a_paragraph_that_repeats_itself_is_boxed_part_by_part() -> None:
    document = paged()
    text = ENGLISH * 20
    item = document.add_text(label=DocItemLabel.TEXT, text=text, prov=place(1, 100, (0, len(text))))
    item.prov[0].bbox.b = item.prov[0].bbox.t - 400
    tops = [chunk.boxes[1][0][1] for chunk in chunks(document)]
    assert len(tops) > 3
    assert tops == sorted(set(tops))


def test_sections_follow_headings_and_stay_readable() -> None:
    document = DoclingDocument(name="a")
    document.add_heading(text="Long", level=1)
    document.add_text(label=DocItemLabel.TEXT, text=" ".join(SENTENCES * 6))
    document.add_heading(text="Short", level=1)
    document.add_text(label=DocItemLabel.TEXT, text="Only this.")
    found = chunks(document)
    sections = [chunk.section for chunk in found]
    assert sections == sorted(sections)
    assert set(sections) == set(range(sections[-1] + 1))
    assert found[-1].section == found[-2].section + 1
    for section in set(sections):
        assert sum(chunk.tokens for chunk in found if chunk.section == section) <= 1100
    assert len(set(sections)) in (4, 5)


def test_the_embedder_has_the_last_word_on_length() -> None:
    assert chunks(_long(), 64, max_tokens=500) == chunks(_long(), 64)
    assert chunks(_long(), 254, max_tokens=64) == chunks(_long(), 64)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"overlap": 64}, r"overlap \(64\) must be less than half of a chunk \(128 tokens\).*at most 63"),
        ({"max_tokens": 20, "overlap": 10}, "less than half"),
        ({"strategy": "page", "overlap": 5}, "'page' has no overlap"),
    ],
)
def test_an_overlap_that_cannot_be_is_refused(settings: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        open_chunker(ChunkingSettings.model_validate(settings), tokenizer=TOKENIZER, max_tokens=128)
