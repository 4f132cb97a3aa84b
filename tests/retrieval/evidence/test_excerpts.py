from __future__ import annotations

import re

import pytest

from retrieval.errors import UnknownDocument
from retrieval.evidence.excerpts import excerpt
from retrieval.types import Chunk, ChunkKind


def chunk(number: int, text: str, *, headings: tuple[str, ...] = ("Handbook",), kind: ChunkKind = "text") -> Chunk:
    return Chunk(
        id=f"c{number}",
        document_id="d",
        position=number,
        text=text,
        embedded_text=text,
        headings=headings,
        page=None,
        page_last=None,
        boxes={},
        tokens=1,
        kind=kind,
    )


def test_a_passage_stands_between_its_neighbours() -> None:
    html = excerpt([chunk(number, f"Chunk {number}.") for number in range(9)], "c4", ["Chunk"])
    assert re.findall(r'class="(\w+)"><p>(?:<mark>)?Chunk(?:</mark>)? (\d)', html) == [
        ("near", "2"),
        ("near", "3"),
        ("cited", "4"),
        ("near", "5"),
        ("near", "6"),
    ]
    assert html.count("<mark>") == 1


def test_the_first_passage_has_only_followers() -> None:
    assert "cited" in excerpt([chunk(0, "One."), chunk(1, "Two.")], "c0", []).split("near")[0]


def test_headings_stand_where_they_change() -> None:
    chunks = [
        chunk(0, "A.", headings=("H", "Taxis <x>")),
        chunk(1, "B.", headings=("H", "Hotels")),
        chunk(2, "C.", headings=("H", "Hotels")),
    ]
    html = excerpt(chunks, "c1", [])
    assert re.findall(r'class="headings">([^<]*)', html) == ["H › Taxis &lt;x&gt;", "H › Hotels"]
    assert "headings" not in excerpt(chunks[1:], "c1", [])


def test_tables_and_code_keep_their_form() -> None:
    html = excerpt(
        [chunk(0, "| a | b |\n|---|---|\n| 1 | 2 |", kind="table"), chunk(1, "x = 1\n", kind="code")], "c1", ["x"]
    )
    assert "<th> a </th>" in html
    assert '<pre tabindex="0"><mark>x</mark> = 1</pre>' in html


def test_a_passage_of_an_older_edition_is_told() -> None:
    with pytest.raises(UnknownDocument, match="no longer holds"):
        excerpt([chunk(0, "One.")], "c7", [])
