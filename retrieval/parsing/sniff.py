"""Tells what a file is by its first bytes, and for containers by what they hold."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from retrieval.archives import BROKEN, Bounded
from retrieval.errors import ParseError
from retrieval.parsing.names import shown

_HEAD = 8192
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"{\\rtf", "application/rtf"),
    (b"WEBVTT", "text/vtt"),
)
_REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"\xca\xfe\xba\xbe", "a compiled program"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"GIF8", "a GIF image"),
    (b"ID3", "a sound file"),
    (b"OggS", "a sound file"),
    (b"fLaC", "a sound file"),
    (b"\x1aE\xdf\xa3", "a video"),
)
_BMP_HEADER_SIZES = (12, 40, 52, 56, 64, 108, 124)
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OFFICE_PARTS = {
    "word/document.xml": f"{_OFFICE}.wordprocessingml.document",
    "ppt/presentation.xml": f"{_OFFICE}.presentationml.presentation",
    "xl/workbook.xml": f"{_OFFICE}.spreadsheetml.sheet",
}
_DECLARED = ("application/epub+zip", "application/vnd.oasis.opendocument.")
_DECLARED_BYTES = 100
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = {
    "WordDocument": "application/msword",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "__properties_version1.0": "application/vnd.ms-outlook",
}
_MARKUP = (
    (re.compile(rb"<!DOCTYPE\s+html|<html[\s>]", re.I), "text/html"),
    (re.compile(rb"JATS|NLM//DTD|<article[\s>]"), "application/jats+xml"),
    (
        re.compile(rb"<(?:!DOCTYPE\s+)?(?:us-patent-|patent-application-publication|PATDOC)"),
        "application/vnd.uspto+xml",
    ),
)
_PROLOG = re.compile(rb"(?:\s|<\?xml[^>]*>|<!--.*?-->)*", re.S)
_MHTML = re.compile(rb"^content-type:\s*multipart/related", re.I | re.M)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def sniff(path: Path) -> str | None:
    """The media type the content shows; None when it shows nothing. Raises ParseError for kinds that are not read."""
    head = _head(path)
    if head.startswith(b"PK\x03\x04"):
        return _in_zip(path)
    if head.startswith(_OLE):
        return _in_ole(path)
    for beginning, kind in _BEGINNINGS:
        if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(beginning):
            return kind
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return "image/bmp"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    _refuse_others(path, head)
    return _in_markup(head)


def looks_like_text(path: Path) -> bool:
    """Whether the beginning is free of control characters, as text in any encoding but UTF-16 is."""
    head = _head(path)
    return head.startswith((b"\xff\xfe", b"\xfe\xff")) or not _CONTROL.search(head)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _in_zip(path: Path) -> str:
    try:
        with Bounded(path) as file, zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            declared = _declared(archive) if "mimetype" in names else ""
    except (*BROKEN, OSError) as error:
        raise _damaged(path) from error
    if declared.startswith(_DECLARED):
        return declared.removesuffix("-template")
    kind = next((kind for part, kind in _OFFICE_PARTS.items() if part in names), None)
    if any(name.endswith(".iwa") for name in names):
        raise _refusal(path, "an Apple iWork document", hint="Export it as Word, Excel, PowerPoint or PDF.")
    if kind is None:
        raise _refusal(path, "a ZIP archive", hint="Give it the suffix .zip to read the documents in it.")
    return kind


def _declared(archive: zipfile.ZipFile) -> str:
    """The media type a container begins with, stored or deflated: only of those a short read unpacks little."""
    if archive.getinfo("mimetype").compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return ""
    with archive.open("mimetype") as member:
        return member.read(_DECLARED_BYTES).decode("ascii", "replace").strip()


def _in_ole(path: Path) -> str:
    import olefile  # type: ignore[import-untyped]  # it has no stubs

    try:
        with olefile.OleFileIO(path) as container:
            names = {entry[0] for entry in container.listdir()}
    except (OSError, ValueError, IndexError, TypeError) as error:
        raise _damaged(path) from error
    if "EncryptedPackage" in names:
        raise ParseError(f"{shown(path.name)} is encrypted.", hint="Save a copy without a password.")
    kind = next((kind for stream, kind in _OLE_STREAMS.items() if stream in names), None)
    if kind is None:
        raise _refusal(path, "an OLE container of an unknown kind")
    return kind


def _refuse_others(path: Path, head: bytes) -> None:
    if b"\0" not in head:
        return
    for beginning, kind in _REFUSED:
        if head.startswith(beginning):
            raise _refusal(path, kind)
    if head[4:8] == b"ftyp" or head.startswith(b"RIFF"):
        raise _refusal(path, "a video, sound or HEIF file")


def _in_markup(head: bytes) -> str | None:
    text = head.replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").removeprefix(b"\xef\xbb\xbf")
    if text.startswith((b"PATN\n", b"PATN\r\n")):
        return "application/vnd.uspto+xml"
    if text.lstrip()[:13].lower() == b"mime-version:" and _MHTML.search(text):
        return "multipart/related"
    start = text[_PROLOG.match(text).end() :][:400]  # type: ignore[union-attr]  # the pattern matches nothing, too
    if not start.startswith(b"<"):
        return None
    declaration = start.split(b">", 1)[0] + b">"
    return next((kind for pattern, kind in _MARKUP if pattern.search(declaration)), None)


def _refusal(path: Path, kind: str, *, hint: str = "Only documents and pictures with text are.") -> ParseError:
    return ParseError(f"{shown(path.name)} is {kind}, which is not read.", hint=hint)


def _damaged(path: Path) -> ParseError:
    return ParseError(
        f"{shown(path.name)} is damaged, or is not what its suffix says.",
        hint="Open it in its own application and save it again.",
    )
