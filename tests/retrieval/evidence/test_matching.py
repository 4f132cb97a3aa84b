from __future__ import annotations

import pytest

from retrieval.evidence.matching import find, letters


def found(quote: str, text: str) -> list[str]:
    plain, origins = letters(text)
    return [text[origins[start] : origins[end - 1] + 1] for start, end in find(letters(quote)[0], plain)]


@pytest.mark.parametrize(
    ("quote", "text", "expected"),
    [
        ("two three", "one two three four", ["two three"]),
        ("two three", "one two\r\n  three four", ["two\r\n  three"]),
        ("the lighthouse keeper", "of the light-\nhouse keeper", ["the light-\nhouse keeper"]),
        ("a final offer", "a \ufb01nal o\ufb00er!", ["a \ufb01nal o\ufb00er"]),
        ("Café “menu”", "the Cafe\u0301 'Menu'", ["Cafe\u0301 'Menu"]),
        ("每晚140元", "住宿标准为每晚 140\n元。", ["每晚 140\n元"]),
        ("人山", "\u2f08\u2f2d", ["\u2f08\u2f2d"]),
        ("Hotel | 120", "Hotel 120 Taxi 30", ["Hotel 120"]),
        ("one", "two", []),
        ("", "two", []),
        ("…", "two", []),
    ],
)
def test_quotes_are_found_by_their_letters(quote: str, text: str, expected: list[str]) -> None:
    assert found(quote, text) == expected


def test_a_quote_interrupted_by_other_words_is_found_in_pieces() -> None:
    text = "Hotels are paid up to [page footer] 120 euros a night."
    assert found("Hotels are paid up to 120 euros a night.", text) == ["Hotels are paid up to", "120 euros a night"]


def test_of_a_quote_over_two_pages_each_page_has_its_part() -> None:
    quote = "It begins on this page and goes on for a very long while on the next one."
    assert found(quote, "Something else. It begins on this page") == ["It begins on this page"]
    assert found(quote, "the next one. Something else entirely.") == ["the next one"]


def test_words_in_common_are_not_a_quote() -> None:
    assert (
        found("The rate of the hotel in Berlin is rising.", "Breakfast at the hotel is included, taxis are not.") == []
    )
