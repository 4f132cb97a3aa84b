"""Which files can be read, told by their content and their suffix, and the checks that need no parser."""

from __future__ import annotations

import stat
from pathlib import Path

from retrieval.errors import ParseError
from retrieval.parsing.names import shown
from retrieval.parsing.sniff import looks_like_text, sniff

_OFFICE = "application/vnd.openxmlformats-officedocument"
DOCX = f"{_OFFICE}.wordprocessingml.document"
PPTX = f"{_OFFICE}.presentationml.presentation"
XLSX = f"{_OFFICE}.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"
JATS = "application/jats+xml"
USPTO = "application/vnd.uspto+xml"
PDF = "application/pdf"
TEXT = "text/plain"

SUFFIXES: dict[str, str] = {
    ".adoc": "text/asciidoc",
    ".asciidoc": "text/asciidoc",
    ".bmp": "image/bmp",
    ".boxnote": "application/vnd.box.boxnote",
    ".csv": "text/csv",
    ".doc": "application/msword",
    ".docx": DOCX,
    ".eml": "message/rfc822",
    ".epub": "application/epub+zip",
    ".htm": "text/html",
    ".html": "text/html",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".latex": "application/x-latex",
    ".log": TEXT,
    ".markdown": "text/markdown",
    ".md": "text/markdown",
    ".mht": "multipart/related",
    ".mhtml": "multipart/related",
    ".msg": "application/vnd.ms-outlook",
    ".nxml": JATS,
    ".odp": ODP,
    ".ods": ODS,
    ".odt": ODT,
    ".pdf": PDF,
    ".png": "image/png",
    ".ppt": "application/vnd.ms-powerpoint",
    ".pptx": PPTX,
    ".rtf": "application/rtf",
    ".tex": "application/x-latex",
    ".text": TEXT,
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".txt": TEXT,
    ".vtt": "text/vtt",
    ".webp": "image/webp",
    ".xhtml": "text/html",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": XLSX,
    ".xml": "application/xml",
}
"""Media type by suffix, lower case."""

KINDS: dict[str, str] = {
    DOCX: "a Word document",
    PPTX: "a PowerPoint presentation",
    XLSX: "an Excel workbook",
    ODT: "an OpenDocument text",
    ODS: "an OpenDocument spreadsheet",
    ODP: "an OpenDocument presentation",
    "application/epub+zip": "an EPUB book",
    "application/msword": "a Word document",
    "application/rtf": "an RTF document",
    "application/vnd.ms-excel": "an Excel workbook",
    "application/vnd.ms-outlook": "an Outlook message",
    "application/vnd.ms-powerpoint": "a PowerPoint presentation",
    "image/bmp": "a BMP image",
    "image/jpeg": "a JPEG image",
    "image/png": "a PNG image",
    "image/tiff": "a TIFF image",
    "image/webp": "a WebP image",
    PDF: "a PDF",
}
"""What to call a file of a format whose beginning is always recognised."""


def is_supported(path: Path) -> bool:
    """Whether a parser exists for files named like `path`; the file itself is not looked at."""
    return path.suffix.lower() in SUFFIXES


def media_type(path: Path) -> str:
    """The media type the suffix stands for. Raises ParseError when it stands for none."""
    try:
        return SUFFIXES[path.suffix.lower()]
    except KeyError:
        kind = f"Files ending in {shown(path.suffix)}" if path.suffix else "Files without a suffix"
        raise ParseError(f"{kind} cannot be read.", hint="docs/documents.md lists what is read.") from None


def identify(path: Path) -> str:
    """The media type of a file: what its content shows it to be, else what its suffix says.

    A file without a suffix whose content shows nothing is plain text when it holds no control characters.
    Raises ParseError when the content is of a kind that is not read, or not what the suffix promises.
    """
    found = sniff(path)
    if found:
        return found
    if not path.suffix and looks_like_text(path):
        return TEXT
    named = media_type(path)
    if named == "application/xml":
        raise ParseError(
            f"{shown(path.name)} is not an XML document of a kind that is read.",
            hint="JATS articles, USPTO patents and XHTML are; save others as HTML or text.",
        )
    if named in KINDS:
        raise ParseError(
            f"{shown(path.name)} is damaged, or is not {KINDS[named]}.",
            hint="Open it in its own application and save it again.",
        )
    return named


def check_file(path: Path, *, max_mb: int) -> None:
    """Raise ParseError unless `path` is a readable regular file of 1 byte to `max_mb` MiB."""
    name = shown(path.name)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ParseError(f"{name} is not a regular file.", hint="Give the path of a document.")
        with path.open("rb"):
            pass
    except OSError as error:
        raise ParseError(
            f"{name} cannot be opened ({error.strerror}).", hint="Check that it exists and its permissions."
        ) from error
    if status.st_size == 0:
        raise ParseError(f"{name} is empty (0 bytes).", hint="Remove it, or fetch it again.")
    if status.st_size > max_mb * 2**20:
        raise ParseError(
            f"{name} has {status.st_size / 2**20:.0f} MiB; at most {max_mb} MiB are read.",
            hint="Split it, or raise parsing.max_file_mb.",
        )
