"""What a run printed: collected up to a limit, and made safe to show."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Mapping

# ECMA-48: strings (OSC, DCS, SOS, PM, APC) up to their terminator or the end of the line; CSI; two-character escapes.
_ESCAPE = re.compile(
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]"
)
_LINE_END = re.compile(r"\r\n?")
_INVISIBLE = {"Cc", "Cf", "Cs"}  # control, format (bidirectional, zero-width, tags), surrogate


def plain(text: str) -> str:
    """The text without terminal escapes and invisible characters; only `\\n` and `\\t` remain of the controls."""
    text = _LINE_END.sub("\n", _ESCAPE.sub("", text))
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _INVISIBLE)


class Capture:
    """Keeps the first `limit` characters of all streams together; what comes later is dropped as it arrives."""

    def __init__(self, limit: int, streams: tuple[str, ...] = ("stdout", "stderr")) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = {stream: decoder("replace") for stream in streams}
        self._parts: Mapping[str, list[str]] = {stream: [] for stream in streams}
        self._left = limit
        self.overflowed = False

    def feed(self, stream: str, data: bytes) -> None:
        """Take bytes as they were read; invalid UTF-8 becomes U+FFFD. Empty `data` is the end of the stream."""
        text = self._decoders[stream].decode(data, final=not data)
        self.overflowed = self.overflowed or len(text) > self._left
        kept = text[: self._left]
        self._left -= len(kept)
        self._parts[stream].append(kept)

    def text(self, stream: str) -> str:
        """What is kept of a stream, made plain."""
        return plain("".join(self._parts[stream]))
