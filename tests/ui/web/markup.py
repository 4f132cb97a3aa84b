"""What a piece of HTML is made of, and the pieces of a conversation."""

from __future__ import annotations

from html.parser import HTMLParser

from ui.web.artifacts import Tables
from ui.web.transcript import Transcript
from ui.web.view import View
from ui.web.words import Words, words_in

ENGLISH = words_in("en")

_VOID = ("br", "hr")


class Markup(HTMLParser):
    """Tags and attribute names of some HTML; fails when a tag is not closed in its order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self._open: list[str] = []
        self.feed(html)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    @property
    def active(self) -> set[str]:
        """Everything in it that could run, load or lead elsewhere."""
        tags = self.tags & {
            "a",
            "base",
            "embed",
            "form",
            "iframe",
            "img",
            "input",
            "link",
            "object",
            "script",
            "style",
            "svg",
        }
        return tags | {a for a in self.attributes if a.startswith("on") or a in ("action", "href", "src", "style")}


def articles(view: View, tables: Tables | None = None, words: Words = ENGLISH) -> list[str]:
    """The pieces of a conversation."""
    return Transcript(words).articles(view, tables or {})
