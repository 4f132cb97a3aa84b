"""Everything the page of a conversation shows is there in Chinese, down to the names that only a screen reader says."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import yaml

from tests.ui.web.everything import shown
from ui.web.words import Words, words_in

SENTENCES = yaml.safe_load((Path(__file__).parents[3] / "ui/web/languages/chat.yaml").read_text(encoding="utf-8"))
NAMES = {"Python", "Shell", "JSON", "KB", "MB", "TIMEOUT_S", "U+200B", "pdf", "png", "csv"}
"""What is called the same in both languages, and what the sample calls so."""
_SAID = ("alt", "aria-label", "title", "placeholder")


class Heard(HTMLParser):
    """What a person reads of some HTML, or hears."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.texts += [value for name, value in attrs if name in _SAID and value]


class Asked(Words):
    """Words that remember which were asked for."""

    def __init__(self) -> None:
        super().__init__("en")
        self.keys: set[str] = set()

    def __call__(self, key: str, **values: object) -> str:
        self.keys.add(key)
        return super().__call__(key, **values)


def heard(words: Words) -> list[str]:
    return [text for html in shown(words) for text in Heard(html).texts]


def test_no_english_word_is_left() -> None:
    assert {word for text in heard(words_in("zh")) for word in re.findall(r"[A-Za-z][A-Za-z0-9_+]*", text)} <= NAMES


def test_the_sample_says_every_sentence_there_is() -> None:
    words = Asked()
    heard(words)

    assert words.keys & set(SENTENCES) == set(SENTENCES)


def test_no_sentence_is_markup() -> None:
    assert not [key for key, forms in SENTENCES.items() if re.search('[<>&"]', str(forms))]


def test_both_languages_show_the_same_parts() -> None:
    def tags(words: Words) -> list[list[str]]:
        return [re.findall(r"</?\w+", html) for html in shown(words)]

    assert tags(words_in("zh")) == tags(words_in("en"))
