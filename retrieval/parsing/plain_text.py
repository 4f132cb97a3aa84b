"""Bytes to text, and plain text to a document of paragraphs."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from docling_core.types.doc import DocItemLabel, DoclingDocument

from retrieval.errors import ParseError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_BINARY_SHARE = 0.1
_BLANK_LINES = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")


def read_text(path: Path) -> str:
    """The text of a file, without control characters, lines ended by `\\n`. Raises ParseError when it is not text."""
    text = decode(path.read_bytes())
    clean = _CONTROL.sub("", text)
    if len(text) - len(clean) > _BINARY_SHARE * len(text):
        raise ParseError(f"{path.name} holds binary data, not text.", hint="Give it the suffix of its real format.")
    return clean.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")


def decode(data: bytes) -> str:
    """Text from bytes of unknown encoding, never failing.

    A byte order mark decides; else UTF-8 when it is valid; else GB18030 when it is valid and at least half of what is
    not ASCII are characters of GB 2312 (which Western text read as GB18030 is not); else Windows-1252.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_gb18030(data) or data.decode("cp1252", "replace")


def _decode_gb18030(data: bytes) -> str | None:
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return None
    foreign = [character for character in text if not character.isascii()]
    common = len("".join(foreign).encode("gb2312", "ignore")) // 2
    return text if common * 2 >= len(foreign) else None


def text_document(text: str, *, name: str) -> DoclingDocument:
    """A document with one text item per paragraph; blank lines separate paragraphs, other line ends stay."""
    document = DoclingDocument(name=name)
    for paragraph in _BLANK_LINES.split(text):
        if paragraph.strip():
            document.add_text(label=DocItemLabel.TEXT, text=paragraph.strip())
    return document
