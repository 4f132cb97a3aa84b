"""Chunks of real documents, counted by the tokenizer of the default embedder."""

from __future__ import annotations

import re

import pytest
from docling_core.types.doc import DocItemLabel, DoclingDocument

from tests.retrieval.chunking.documents import CHINESE, ENGLISH, chunks, paged, place, table, tokens


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
    document.add_table(data=table(40))
    document.add_code(text="\n".join(f"print({number})" for number in range(200)))
    found = chunks(document, max_tokens)
    assert all(chunk.tokens == tokens(chunk.embedded_text) <= max_tokens for chunk in found)
    text = "".join(chunk.text for chunk in found if chunk.kind == "text")
    prose = ENGLISH * 20 + CHINESE * 20 + "天地玄黄宇宙洪荒" * 60 + "x" * 3000
    assert sorted(_words(text)) == sorted(_words(prose))
    code = "\n".join(chunk.text for chunk in found if chunk.kind == "code")
    assert [int(number) for number in re.findall(r"print\((\d+)\)", code)] == list(range(200))


def test_the_title_stands_above_every_chunk() -> None:
    document = DoclingDocument(name="a")
    document.add_title(text="Handbook")
    document.add_heading(text="Leave", level=1)
    document.add_heading(text="Storms", level=2)
    document.add_text(label=DocItemLabel.TEXT, text="Paid in full.")
    document.add_title(text="Annex")
    document.add_text(label=DocItemLabel.TEXT, text="Forms.")
    storms, annex = chunks(document)
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
    first = chunks(document, 96)[0]
    assert first.embedded_text.startswith("A book about clocks\nThe bell\nThe keeper")
    assert first.headings == ("A book about clocks", ("Many words " * 40), "The bell")
    assert tokens(first.text) > 50


def test_english_and_chinese_are_cut_between_sentences() -> None:
    document = DoclingDocument(name="a")
    document.add_text(label=DocItemLabel.TEXT, text=ENGLISH * 12)
    document.add_heading(text="中文", level=1)
    document.add_text(label=DocItemLabel.TEXT, text=CHINESE * 12)
    found = chunks(document)
    assert len(found) > 6
    assert {chunk.text[-1] for chunk in found} <= set(".。！；")


def test_small_neighbours_share_a_chunk_but_not_across_headings() -> None:
    document = DoclingDocument(name="a")
    for text in ("One.", "Two.", "Three."):
        document.add_text(label=DocItemLabel.TEXT, text=text)
    document.add_heading(text="Next", level=1)
    document.add_text(label=DocItemLabel.TEXT, text="Four.")
    assert [chunk.text for chunk in chunks(document)] == ["One.\n\nTwo.\n\nThree.", "Four."]


def test_a_heading_without_text_is_kept() -> None:
    document = DoclingDocument(name="a")
    document.add_heading(text="To be written", level=1)
    (chunk,) = chunks(document)
    assert (chunk.text, chunk.embedded_text) == ("To be written", "To be written")


def test_every_piece_of_a_table_has_its_header_and_whole_rows() -> None:
    document = DoclingDocument(name="a")
    caption = document.add_text(label=DocItemLabel.CAPTION, text="Table 1. Values")
    document.add_table(data=table(60), caption=caption)
    found = chunks(document)
    header = "| head 0 | head 1 | head 2 |\n| - | - | - |\n"
    assert len(found) > 3
    assert found[0].text.startswith("Table 1. Values\n\n" + header)
    assert all(chunk.text.startswith(header) for chunk in found[1:])
    assert {chunk.kind for chunk in found} == {"table"}
    rows = [line for chunk in found for line in chunk.text.splitlines() if line.startswith("| value")]
    assert rows == [f"| value {n} of 0 | value {n} of 1 | value {n} of 2 |" for n in range(1, 60)]


def test_a_table_wider_than_a_chunk_is_cut_by_columns() -> None:
    document = DoclingDocument(name="a")
    caption = document.add_text(label=DocItemLabel.CAPTION, text="Table 2. Wide")
    document.add_table(data=table(4, columns=40), caption=caption)
    found = chunks(document)
    text = "\n".join(chunk.text for chunk in found)
    assert all(chunk.tokens <= 128 for chunk in found)
    assert all(f"value {row} of {column} " in text for row in (1, 2, 3) for column in range(40))


def test_boxes_per_page_from_the_top_left_corner() -> None:
    document = paged()
    document.add_text(label=DocItemLabel.TEXT, text="One.", prov=place(1, 100))
    document.add_text(label=DocItemLabel.TEXT, text="Two.", prov=place(2, 30))
    (chunk,) = chunks(document)
    assert (chunk.page, chunk.page_last) == (1, 2)
    assert chunk.boxes == {1: ((72.0, 100, 500, 120),), 2: ((72.0, 30, 500, 50),)}


def test_a_paragraph_over_two_pages_is_cited_where_its_parts_stand() -> None:
    document = paged()
    one, two = ENGLISH * 6, CHINESE * 4
    item = document.add_text(label=DocItemLabel.TEXT, text=one + two)
    item.prov = [place(1, 700, (0, len(one))), place(2, 40, (len(one), len(one) + len(two)))]
    document.add_text(label=DocItemLabel.TEXT, text="Done.", prov=place(3, 40))
    found = chunks(document)
    assert (found[0].page, found[0].page_last, sorted(found[0].boxes)) == (1, 1, [1])
    assert (found[-1].page, found[-1].page_last, sorted(found[-1].boxes)) == (2, 3, [2, 3])


def test_kinds() -> None:
    document = DoclingDocument(name="a")
    document.add_code(text="print(1)")
    document.add_heading(text="Mixed", level=1)
    document.add_text(label=DocItemLabel.TEXT, text="See below.")
    document.add_table(data=table(2))
    assert [chunk.kind for chunk in chunks(document)] == ["code", "text"]
