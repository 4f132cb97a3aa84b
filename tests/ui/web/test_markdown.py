from __future__ import annotations

import pytest

from tests.ui.web.markup import Markup
from ui.web.markdown import to_html
from ui.web.words import words_in

ENGLISH = words_in("en")
SOURCES = ((1, "a.pdf · page 2"), (12, "手册.docx"))


def test_markdown_is_rendered() -> None:
    html = to_html(
        "**bold** `x`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n3. three\n\n```python\nx < 1\n```", SOURCES, ENGLISH
    )
    for piece in ("<strong>bold</strong>", "<td>1</td>", '<ol start="3">', "x &lt; 1"):
        assert piece in html


@pytest.mark.parametrize(
    "text", ["it is so [1].", "[1]", "**so [1]**", "- so [1]", "| a |\n|---|\n| so [1] |", "so[1][12]。"]
)
def test_known_markers_become_buttons(text: str) -> None:
    html = to_html(text, SOURCES, ENGLISH)
    assert '<button type="button" class="cite" data-marker="1"' in html
    assert ('data-marker="12"' in html) == ("[12]" in text)


@pytest.mark.parametrize("text", ["`[1]`", "```\n[1]\n```", "[2]", "[x]", r"\[1]", "[1"])
def test_everything_else_in_brackets_stays_text(text: str) -> None:
    assert "<button" not in to_html(text, SOURCES, ENGLISH)


@pytest.mark.parametrize(
    "text",
    [
        "![pixel](http://evil.example/p.png?q=secret)",
        "![pixel][r]\n\n[r]: http://evil.example/p.png",
        "[click](http://evil.example/)",
        "[click](javascript:alert(1))",
        "<http://evil.example/>",
        "[1](http://evil.example/)",
        "<img src=http://evil.example/p.png>",
        "<form action=http://evil.example><input></form>",
        "<style>@import 'http://evil.example'</style>",
        "<svg onload=alert(1)>",
        '<button class="cite" data-marker="1" onclick="alert(1)">x</button>',
        '[x](http://evil.example/ "\\"><img src=x onerror=alert(1)>")',
    ],
)
def test_nothing_can_be_loaded_or_followed(text: str) -> None:
    assert not Markup(to_html(text, SOURCES, ENGLISH)).active


def test_a_picture_shows_its_description() -> None:
    assert "[image: a chart]" in to_html("![a chart](x.png)", SOURCES, ENGLISH)


@pytest.mark.parametrize("end", range(1, 60))
def test_any_beginning_of_a_message_is_well_formed(end: int) -> None:
    text = "So **it is `x` [1]**\n\n| a | b |\n|---|---|\n| [1] | [2](http"
    assert Markup(to_html(text[:end], SOURCES, ENGLISH)).tags
