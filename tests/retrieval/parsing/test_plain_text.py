from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.errors import ParseError
from retrieval.parsing.plain_text import decode, read_text, text_document

CHINESE = "公司规定：员工每年有十五天年假，须提前两周申请。"
TRADITIONAL = "公司規定：員工每年有十五天年假，須提前兩週申請。"
FRENCH = "Élève à l'école: où est la clé, déjà perdue? Ça coûte 20 €."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030"])
def test_chinese_in_every_encoding(encoding: str) -> None:
    assert decode(CHINESE.encode(encoding)) == CHINESE


def test_utf16_big_endian_with_mark() -> None:
    assert decode(b"\xfe\xff" + CHINESE.encode("utf-16-be")) == CHINESE


def test_traditional_chinese_in_gb18030() -> None:
    assert decode(TRADITIONAL.encode("gb18030")) == TRADITIONAL


@pytest.mark.parametrize("text", [FRENCH, "Größe: 5 µm, fünf Stück übrig", "naïve café"])
def test_western_text_is_not_taken_for_chinese(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


def test_control_characters_and_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\x00 two\r\nthree\rfour\x0cfive \x07six; seven")
    assert read_text(path) == "one two\nthree\nfour\n\nfive six; seven"


def test_binary_data_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "program.txt"
    path.write_bytes(bytes(range(256)) * 20 + b"\x00" * 2000)
    with pytest.raises(ParseError, match=r"program\.txt holds binary data"):
        read_text(path)


def test_paragraphs_are_parted_by_blank_lines_and_nothing_is_markdown() -> None:
    document = text_document("# not a title\nsecond line\n\n  \n* not a list\n\n", name="a")
    assert [item.text for item in document.texts] == ["# not a title\nsecond line", "* not a list"]
    assert {item.label.value for item in document.texts} == {"text"}
