"""Markdown that leads nowhere but to known addresses; pure.

What an answer shows may be loaded or followed by whatever displays it, and an address can carry away what stands in
it. So links and images are judged by the form they could have for any reader, and the doubtful ones are broken.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from agents.answers.verbatim import Shelf, without_code

_PASSES = 20
"""Taking a link away can make another; a text that goes on making them loses its brackets."""

_LABEL = r"\[((?:[^\[\]\\]|\\.|\[(?:[^\[\]\\]|\\.)*\])*)\]"
_TARGET = (
    r"\(\s*(<[^<>\n]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)"
    r"(?:\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?\s*\)"
)
_IMAGE = re.compile(rf"!{_LABEL}{_TARGET}", re.DOTALL)
_LINK = re.compile(rf"(?<!!){_LABEL}({_TARGET})", re.DOTALL)
_REFERENCE = re.compile(rf"(!?){_LABEL}\[([^\[\]]*)\]", re.DOTALL)
_DEFINITION = re.compile(
    r"^([ \t>*+\-\d.)]*)\[((?:[^\[\]\\]|\\.)+)\]:(\s*)(<[^<>\n]*>|\S+)(?=[ \t]*$|[ \t]+[\"'(])", re.MULTILINE
)
_ANCHOR = re.compile(r"<a\b([^>]*)>(.*?)</a\s*>", re.IGNORECASE | re.DOTALL)
_PICTURE = re.compile(r"<img\b([^>]*)>", re.IGNORECASE)
_AUTOLINK = re.compile(r"<([a-z][a-z0-9+.-]{1,31}:[^\s<>]*)>", re.IGNORECASE)
_MAIL = re.compile(r"<([^\s<>@]+@[^\s<>@]+)>")
_HARMLESS_TAG = re.compile(r"(?:(?<=[^\s>])|(?<=\w ))</?(?:br|b|i|u|s|em|strong|sub|sup|kbd|mark)\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"<(?=[a-z/!?])", re.IGNORECASE)
_BARE = re.compile(
    r"(?:(?:h\\?t\\?t\\?p\\?s?|f\\?t\\?p)\\?:\\?/\\?/|www\\?\.)[^\s<>\0，。；！？、（）【】《》]*", re.IGNORECASE
)
_ENTITY = re.compile(
    r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|(?:colon|sol|bsol|period|quest|equals|commat|num|excl"
    r"|lpar|rpar|lsqb|rsqb|lbrack|rbrack|tab|newline)(?=;));?",
    re.IGNORECASE,
)
_ATTRIBUTE = r"\b{name}\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))"
_NO_HOST = re.compile(r"[^\w.-]")
_AFTER_URL = ".,;:!?'\")]}*_~|`"


def known_links_only(text: str, known: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """`text` with links and images to exactly the addresses in `known`, and the other addresses it led to.

    Another link becomes its label, an image `[image: …]`, a bare address its host in backticks. Code stays as it is.
    """
    page = _Page(frozenset(known))
    text = text.replace("\0", "\ufffd")
    for _ in range(_PASSES):
        before, text = text, page.cleaned(text)
        if text == before:
            return text, tuple(page.removed)
    return page.cleaned(re.sub(r"[\[\]<]", "", text)), tuple(page.removed)


@dataclass
class _Page:
    known: frozenset[str]
    removed: dict[str, None] = field(default_factory=dict)
    shelf: Shelf = field(default_factory=Shelf)

    def cleaned(self, text: str) -> str:
        """One pass over it."""
        self.shelf = Shelf()
        text = _ENTITY.sub(lambda found: html.unescape(found[0].rstrip(";") + ";"), without_code(text, self.shelf))
        text = self._without_tags(text)
        text = _IMAGE.sub(self._image, text)
        text = _LINK.sub(self._link, text)
        text = self._without_definitions(text)
        text = _BARE.sub(self._bare, text).replace("](", "] (")
        return self.shelf.restored(text)

    def _without_tags(self, text: str) -> str:
        text = _PICTURE.sub(self._picture, _ANCHOR.sub(self._anchor, text))
        text = _MAIL.sub(r"\1", _AUTOLINK.sub(self._autolink, text))
        return _TAG.sub("< ", _HARMLESS_TAG.sub(lambda found: self.shelf.put(found[0]), text))

    def _without_definitions(self, text: str) -> str:
        gone: set[str] = set()

        def broken(found: re.Match[str]) -> str:
            prefix, label, space, target = found.groups()
            address = _address(target)
            if address in self.known:
                return f"{prefix}[{label}]:{space}{self.shelf.put(target)}"
            gone.add(_key(label))
            leads = ":" in address or address.startswith("//")
            return f"{prefix}[{label}] :{space}{self._place(address) if leads else target}"

        def reduced(found: re.Match[str]) -> str:
            image, label, reference = found.groups()
            if _key(reference or label) not in gone or label.isdecimal():
                return found[0]
            return _picture_of(label) if image else label

        text = _DEFINITION.sub(broken, text)
        return _REFERENCE.sub(reduced, text) if gone else text

    def _image(self, found: re.Match[str]) -> str:
        return self.shelf.put(found[0]) if self._knows(found[2]) else _picture_of(found[1])

    def _link(self, found: re.Match[str]) -> str:
        label, whole, target = found.groups()
        return (
            f"[{label}{self.shelf.put(f']{whole}')}" if self._knows(target) else label or self._place(_address(target))
        )

    def _anchor(self, found: re.Match[str]) -> str:
        address = _attribute(found[1], "href")
        return f"[{found[2]}]({address})" if address and self._knows(address) else found[2]

    def _picture(self, found: re.Match[str]) -> str:
        address, label = _attribute(found[1], "src"), _attribute(found[1], "alt")
        return f"![{label}]({address})" if address and self._knows(address) else _picture_of(label)

    def _autolink(self, found: re.Match[str]) -> str:
        address = _address(found[1])
        if address.lower().startswith("mailto:"):
            return address[len("mailto:") :].partition("?")[0]
        return self.shelf.put(found[0]) if self._knows(address) else self._place(address)

    def _bare(self, found: re.Match[str]) -> str:
        whole = found[0]
        for end in range(len(whole), 0, -1):
            if whole[:end] in self.known:
                return self.shelf.put(whole[:end]) + whole[end:]
            if whole[end - 1] not in _AFTER_URL:
                break
        address = whole.rstrip(_AFTER_URL)
        return self._place(_address(address)) + whole[len(address) :]

    def _knows(self, target: str) -> bool:
        address = _address(target)
        if address not in self.known:
            self.removed.setdefault(address)
        return address in self.known

    def _place(self, address: str) -> str:
        """What is shown of an address that is taken away."""
        self.removed.setdefault(address)
        try:
            parts = urlsplit(address if "//" in address or ":" in address else f"//{address}")
            host = parts.hostname or parts.scheme
        except ValueError:
            host = ""
        return f"`{_NO_HOST.sub('', host.removeprefix('www.'))[:80] or 'link'}`"


def _address(target: str) -> str:
    """A target as a reader understands it."""
    bare = target[1:-1] if target.startswith("<") and target.endswith(">") else target
    return html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", bare)).strip()


def _attribute(attributes: str, name: str) -> str:
    found = re.search(_ATTRIBUTE.format(name=name), attributes, re.IGNORECASE)
    return html.unescape(next(filter(None, found.groups()), "")).strip() if found else ""


def _picture_of(label: str) -> str:
    return f"[image: {label}]" if label else "[image]"


def _key(label: str) -> str:
    return " ".join(label.split()).casefold()
