"""How the place of a document is written: a path, `ARCHIVE.zip!/MEMBER`, or the address of a page."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

from retrieval.errors import SourceError

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_MEMBER = re.compile(r"(.+?\.zip)!/(.+)", re.IGNORECASE | re.DOTALL)
_ESCAPED = re.compile(rb"\\x([89a-f][0-9a-f])")

MAX_NAME_BYTES = 200
"""Longest file name made from a foreign one: file systems take 255 bytes."""

MAX_SUFFIX = 20
"""Longest suffix kept when a name is cut: twice that of any known format."""


def is_address(source: str | Path) -> bool:
    """Whether an input is meant as an address (`https://…`) rather than a path."""
    return isinstance(source, str) and _ADDRESS.match(source) is not None


def member_location(archive: str, member: str) -> str:
    """Where a member of a ZIP lies."""
    return f"{archive}!/{member}"


def split_member(location: str) -> tuple[str, str] | None:
    """Archive and member of the location of a ZIP member; None for any other."""
    match = _MEMBER.fullmatch(location)
    return (match[1], match[2]) if match else None


def as_text(path: str | Path) -> str:
    r"""A path as valid Unicode: bytes that are no UTF-8 stand as `\xff`, so that it can be stored and shown."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def on_disk(location: str) -> Path:
    """The path that `as_text` made a location from."""
    if os.path.lexists(location):
        return Path(location)
    return Path(os.fsdecode(_ESCAPED.sub(lambda byte: bytes.fromhex(byte[1].decode()), os.fsencode(location))))


def is_missing(path: str | Path) -> bool:
    """Whether surely no file is at `path`: a folder does not count as one, but what may not be looked at does."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError as error:
        return error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP of documents: the suffix decides, for DOCX and EPUB are ZIPs as well."""
    return path.suffix.lower() == ".zip"


def is_hidden(name: str) -> bool:
    """Whether a file or folder is left out by its name: hidden ones, and the lock files of office programs."""
    return name.startswith((".", "~$"))


def file_name(name: str) -> str:
    """A foreign name made safe as that of a file, its suffix kept."""
    clean = "".join("_" if char in "/\\" or ord(char) < 32 else char for char in name).lstrip(".") or "_"
    suffix = Path(clean).suffix if len(Path(clean).suffix) <= MAX_SUFFIX else ""
    stem = clean.removesuffix(suffix).encode()[: MAX_NAME_BYTES - len(suffix.encode())]
    return stem.decode("utf-8", "ignore") + suffix


def check_path(path: Path) -> None:
    """Raise SourceError unless something is at `path`, following links."""
    try:
        path.stat()
    except FileNotFoundError:
        raise SourceError(
            f"The path {as_text(path)} does not exist.", hint="Give files or folders that exist."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SourceError(
            f"The path {as_text(path)} cannot be used ({reason}).", hint="Check its spelling and permissions."
        ) from None
