"""Whether a text gives orders to the model that reads it; pure.

A judgement of the text alone, and no proof either way: it says when a person should look, and lets nothing pass that
would not pass otherwise.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache

from agents.safety.suspicion_patterns import CASED, DECODE, ENCODED, PATTERNS

# Letters that are drawn alike: Cyrillic, Greek, Armenian and IPA, each for the Latin one (from Unicode TR39).
_DRAWN, _MEANT = "аеорсухіјѕһԁԛԝӏкмнтвгαορυικνχτϲօսոցɡ", "aeopcyxijshdqwlkmhtbraopuikvxtcoungg"
_FOLD = str.maketrans(_DRAWN, _MEANT)
_BLANK = {0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800}
"""Letters without a shape: Hangul fillers and the empty Braille pattern."""

# A flag of a region (black flag, tag letters, cancel tag) is the one honest use of tag characters.
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e007a]{1,6}\U000e007f")
_ZERO = "[\u200b-\u200d\u2060-\u2064\ufeff\u00ad]"
_HIDDEN = {
    "it holds invisible tag characters": re.compile("[\U000e0000-\U000e007f]"),
    "it turns the direction of writing around": re.compile("[\u202d\u202e]"),
    "it hides characters between letters": re.compile(rf"(?:[A-Za-z\u4e00-\u9fff]{_ZERO}){{4}}|{_ZERO}{{8}}"),
}
_ORDERS = {what: re.compile("|".join(each), re.MULTILINE) for what, each in PATTERNS.items()}
_CALLING = (
    r"(?:\b(?:call|use|run|invoke|execute|trigger)\b|调用|使用|运行|执行)[^.;。\n]{0,30}?|\b(?:with|via|through)\s`?"
)


def orders(text: str, *, tools: Collection[str] = ()) -> str:
    """What makes `text` look like orders to a model, as half a sentence; empty when nothing does.

    `tools` are names of tools that can act; a text that tells to call one of them gives an order.
    """
    return _orders(text, tuple(sorted(tools)))


@lru_cache(maxsize=1024)
def _orders(text: str, tools: tuple[str, ...]) -> str:
    return next(_found(text, tools), "")


def folded(text: str) -> str:
    """The text as it looks: compatible forms as one, small letters, nothing invisible, look-alikes Latin."""
    if text.isascii():
        return text.lower()
    seen = (c for c in unicodedata.normalize("NFKC", text) if c.isascii() or not _invisible(c))
    return "".join(seen).casefold().translate(_FOLD)


def _invisible(character: str) -> bool:
    """Whether it is a format character, a letter without a shape, or a variation selector."""
    code = ord(character)
    selector = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF
    return selector or code in _BLANK or unicodedata.category(character) == "Cf"


def _found(text: str, tools: tuple[str, ...]) -> Iterator[str]:
    bare = _FLAG.sub("", text)
    yield from (what for what, pattern in _HIDDEN.items() if pattern.search(bare))
    plain = folded(text)
    yield from (what for what, pattern in _ORDERS.items() if pattern.search(plain))
    if _names_tool(plain, tools):
        yield "it tells its reader to call a tool"
    if CASED.search(text):
        yield "it holds a link with a place to fill in"
    yield from _encoded(text)


def _names_tool(plain: str, tools: tuple[str, ...]) -> bool:
    """Whether it says to call one of the tools; names that are ordinary words are known by a bracket after them."""
    for tool in (folded(tool) for tool in tools):
        name = rf"(?<![a-z0-9_]){re.escape(tool)}"
        told = rf"(?:{_CALLING}){name}(?![a-z0-9_])" if re.search(r"[_\d-]", tool) else r"(?!)"
        if re.search(rf"{told}|{name}\s?\(", plain):
            return True
    return False


def _encoded(text: str) -> Iterator[str]:
    """A blob that is to be decoded, or that decodes to orders."""
    for blob in ENCODED.finditer(text):
        around = text[max(0, blob.start() - 120) : blob.end() + 120]
        if DECODE.search(around.replace(blob[0], " ")):
            yield "it holds something to decode"
        if any(next(_found(decoded, ()), "") for decoded in _decoded(blob[0])):
            yield "it holds encoded orders"


def _decoded(blob: str) -> Iterator[str]:
    for decode in (_from_base64, _from_hex):
        try:
            yield decode(blob).decode()
        except (binascii.Error, ValueError):
            continue


def _from_base64(blob: str) -> bytes:
    return base64.b64decode(blob + "=" * (-len(blob) % 4), validate=True)


def _from_hex(blob: str) -> bytes:
    return bytes.fromhex(blob.replace("\\x", ""))
