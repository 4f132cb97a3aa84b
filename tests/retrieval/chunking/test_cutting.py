from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from retrieval.chunking.cutting import Spans, pack
from retrieval.chunking.cutting import cut as cut_spans


def _words(text: str) -> list[tuple[int, int]]:
    """Every word is a token, and every Chinese character."""
    return [match.span() for match in re.finditer(r"[a-zA-Z]+|[^\sa-zA-Z]", text)]


def cut(text: str, limit: int, spans: Callable[[str], Spans]) -> list[str]:
    return [text[start:end] for start, end in cut_spans(text, limit, spans)]


def test_a_short_text_stays_whole() -> None:
    assert cut("One two three.", 4, _words) == ["One two three."]


def test_english_is_cut_between_sentences() -> None:
    text = "The bell rings at noon. Dr. Smith hears it, e.g. from the pier. Nobody else does."
    assert cut(text, 16, _words) == [
        "The bell rings at noon.",
        "Dr. Smith hears it, e.g. from the pier.",
        "Nobody else does.",
    ]


def test_chinese_is_cut_between_sentences() -> None:
    text = "休假须提前两周申请。特殊情况除外！谁来批准？由部门负责人批准；紧急时可以补办。"
    pieces = cut(text, 20, _words)
    assert "".join(pieces) == text
    assert [piece[-1] for piece in pieces] == ["！", "；", "。"]


def test_a_sentence_that_is_too_long_is_cut_between_clauses_then_words() -> None:
    text = "the cat sat on the mat, and the dog lay under the old table"
    assert cut(text, 8, _words) == ["the cat sat on the mat,", "and the dog lay under the old table"]
    assert cut("a b c d e f g h", 3, _words) == ["a b c", "d e f", "g h"]


def test_chinese_without_any_mark_is_cut_anywhere() -> None:
    assert cut("天" * 25, 10, _words) == ["天" * 10, "天" * 10, "天" * 5]


def test_several_tokens_on_one_character_do_not_stop_it() -> None:
    def bytewise(text: str) -> list[tuple[int, int]]:
        return [(at, at + 1) for at, character in enumerate(text) for _ in character.encode()]

    assert "".join(cut("🌊" * 5, 2, bytewise)) == "🌊" * 5


@pytest.mark.parametrize("limit", [5, 9, 14, 40])
def test_nothing_is_lost_and_nothing_is_too_long(limit: int) -> None:
    text = "One two. Three, four five six; seven\neight nine ten (eleven) twelve - 天气很好。我们去散步，然后回家。" * 9
    pieces = cut(text, limit, _words)
    assert all(len(_words(piece)) <= limit for piece in pieces)
    assert re.sub(r"\s", "", "".join(pieces)) == re.sub(r"\s", "", text)


def test_lines_are_packed_whole() -> None:
    assert pack(["aa\n", "b\n", "cc\n", "dddd\n", "e\n"], [2, 1, 2, 4, 1], 3) == ["aa\nb\n", "cc\n", "dddd\n", "e\n"]
