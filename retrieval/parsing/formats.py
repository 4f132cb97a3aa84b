"""Which files can be read, told by their suffix, and the checks that need no parser."""

from __future__ import annotations

import stat
from pathlib import Path

from retrieval.errors import ParseError

SUFFIXES: dict[str, str] = {
    ".adoc": "text/asciidoc",
    ".asciidoc": "text/asciidoc",
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".eml": "message/rfc822",
    ".epub": "application/epub+zip",
    ".htm": "text/html",
    ".html": "text/html",
    ".latex": "application/x-latex",
    ".log": "text/plain",
    ".markdown": "text/markdown",
    ".md": "text/markdown",
    ".msg": "application/vnd.ms-outlook",
    ".nxml": "application/jats+xml",
    ".pdf": "application/pdf",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".tex": "application/x-latex",
    ".text": "text/plain",
    ".txt": "text/plain",
    ".vtt": "text/vtt",
    ".xhtml": "text/html",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Media type by suffix, lower case."""


def is_supported(path: Path) -> bool:
    """Whether a parser exists for files named like `path`; the file itself is not looked at."""
    return path.suffix.lower() in SUFFIXES


def media_type(path: Path) -> str:
    """The media type the suffix stands for. Raises ParseError naming the suffixes that are read."""
    try:
        return SUFFIXES[path.suffix.lower()]
    except KeyError:
        kind = f"Files ending in {path.suffix}" if path.suffix else "Files without a suffix"
        raise ParseError(f"{kind} cannot be read.", hint=f"Known suffixes: {' '.join(sorted(SUFFIXES))}.") from None


def check_file(path: Path, *, max_mb: int) -> None:
    """Raise ParseError unless `path` is a readable regular file of 1 byte to `max_mb` MiB."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ParseError(f"{path.name} is not a regular file.", hint="Give the path of a document.")
        with path.open("rb"):
            pass
    except OSError as error:
        raise ParseError(
            f"{path.name} cannot be opened ({error.strerror}).", hint="Check that it exists and its permissions."
        ) from error
    if status.st_size == 0:
        raise ParseError(f"{path.name} is empty (0 bytes).", hint="Remove it, or fetch it again.")
    if status.st_size > max_mb * 2**20:
        raise ParseError(
            f"{path.name} has {status.st_size / 2**20:.0f} MiB; at most {max_mb} MiB are read.",
            hint="Split it, or raise parsing.max_file_mb.",
        )
