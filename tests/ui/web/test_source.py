from __future__ import annotations

import pytest

from tests.ui.web.markup import Markup
from ui.web.source import source, unseen
from ui.web.words import words_in

ENGLISH = words_in("en")


@pytest.mark.parametrize("code", ["print('é 上海 🙂')", "a\tb\r\nc", "x = '<b>&amp;</b>'"])
def test_ordinary_code_is_shown_as_it_is(code: str) -> None:
    assert unseen(code, ENGLISH) == ""
    assert "U+" not in source(code)


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\u202e", "U+202E"),
        ("\u2066", "U+2066"),
        ("\u200b", "U+200B"),
        ("\x1b", "U+001B"),
        ("\x00", "U+0000"),
        ("\u2028", "U+2028"),
        ("\r", "U+000D"),
        ("\u3164", "U+3164"),
        ("\ufe0f", "U+FE0F"),
        ("\U000e0041", "U+E0041"),
        ("\ud800", "U+D800"),
    ],
)
def test_characters_without_a_face_are_named_where_they_stand(character: str, name: str) -> None:
    code = f"a = 1\nb = '{character}'"
    assert unseen(code, ENGLISH) == f"This code holds characters that cannot be seen: {name} in line 2."
    assert f'<span class="unseen">{name}</span>' in source(code)
    source(code).encode()


def test_only_the_first_are_named() -> None:
    assert unseen("\u200b\n" * 9, ENGLISH).endswith("U+200B in line 5 and 4 more.")


def test_code_becomes_no_markup_and_blank_code_nothing() -> None:
    assert Markup(source("</pre><script>alert(1)</script>")).tags == {"pre"}
    assert source(" \n") == ""
