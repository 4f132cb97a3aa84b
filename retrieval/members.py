"""Which members of a ZIP are documents, and what they are called."""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from retrieval.errors import SourceError
from retrieval.locations import is_archive, is_hidden

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # of these a bounded read expands to a bounded size
_UTF8, _ENCRYPTED, _STRONGLY_ENCRYPTED = 0x800, 0x1, 0x40
_DRIVE = re.compile(r"[A-Za-z]:")


def members_of(archive: zipfile.ZipFile) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """The files with their names in order, without folders, hidden ones and what macOS adds."""
    for info in archive.infolist():
        written = _decoded(info).replace("\\", "/")
        parts = [part for part in written.split("/") if part not in ("", ".")]
        hidden = any(part == "__MACOSX" or (is_hidden(part) and part != "..") for part in parts)
        if parts and not hidden and not written.endswith("/"):
            yield ("/" if written.startswith("/") else "") + "/".join(parts), info


def _decoded(info: zipfile.ZipInfo) -> str:
    """A member's name: without the UTF-8 flag it is UTF-8, else GBK if that makes Chinese of it, else CP437."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            name = raw.decode(encoding)
            if encoding == "utf-8" or _is_chinese(name):
                return name
    return info.filename


def _is_chinese(name: str) -> bool:
    """Whether most of what is not ASCII is in everyday use (GB 2312), which accented CP437 letters do not become."""
    wide = [char for char in name if not char.isascii()]
    common = [char for char in wide if len(char.encode("gb2312", "ignore")) == 2]
    return 2 * len(common) > len(wide)


def check(name: str, info: zipfile.ZipInfo) -> None:
    """Raise SourceError unless a member is a document that may be unpacked."""
    mode = stat.S_IFMT(info.external_attr >> 16)
    if name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/"):
        raise SourceError(f"{name} in the ZIP names a place outside of it.", hint="Make the ZIP again.")
    if mode not in (0, stat.S_IFREG):
        raise SourceError(f"{name} in the ZIP is a link or device, not a document.", hint="Put the document there.")
    if info.flag_bits & (_ENCRYPTED | _STRONGLY_ENCRYPTED):
        raise SourceError(
            f"{name} in the ZIP is encrypted.", hint="Unpack the ZIP with its password and give the files."
        )
    if is_archive(Path(name)):
        raise SourceError(f"{name} is a ZIP within a ZIP, which is not read.", hint="Unpack the outer one.")
    if info.compress_type not in _METHODS:
        raise SourceError(
            f"{name} in the ZIP is compressed in a way that is not read (method {info.compress_type}).",
            hint="Make the ZIP with the usual method, deflate.",
        )
