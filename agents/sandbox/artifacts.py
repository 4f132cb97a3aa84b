"""Keeps what a run made: the host chooses the place and a safe name, whatever the code called it."""

from __future__ import annotations

import mimetypes
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from agents.sandbox.following import Part
from agents.sandbox.output import plain

NAME_BYTES = 100  # fits everywhere, with a number after it too
TABLE_TAGS = {"table", "thead", "tbody", "tr", "th", "td", "caption", "p"}
_UNSAFE = re.compile(r"[^\w .()+=@,-]|\s{2,}")
_MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_KNOWN = {".csv": "text/csv", ".md": "text/markdown", ".json": "application/json", ".parquet": "application/x-parquet"}


def keep(parts: Mapping[str, Part], folder: Path | None) -> tuple[dict[str, Any], ...]:
    """Copies in `folder`, which is made when it is needed, as `{name, media_type, bytes, path}`; none without one."""
    if folder is None or not parts:
        return ()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return tuple(_kept(name, part, folder) for name, part in parts.items())


def safe_name(name: str) -> str:
    """The last part of a path as a name that is safe to create, show and type; never hidden, never empty."""
    base = _UNSAFE.sub("_", plain(PurePosixPath(name).name.replace("\n", " ").replace("\t", " ")))
    stem, dot, suffix = base.strip(" .").rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    suffix = suffix[:16]
    stem = stem.encode()[: NAME_BYTES - len(suffix.encode())].decode(errors="ignore")
    return (f"{stem}.{suffix}" if suffix else stem) or "file"


def _kept(name: str, part: Part, folder: Path) -> dict[str, Any]:
    content = _only_a_table(part.content) if part.media_type == "text/html" else part.content
    path = _write(folder, safe_name(name), content)
    return {"name": path.name, "media_type": _media_type(path, content), "bytes": len(content), "path": str(path)}


def _write(folder: Path, name: str, content: bytearray) -> Path:
    for path in _candidates(folder, name):
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        return path
    raise AssertionError("the candidates do not end")


def _candidates(folder: Path, name: str) -> Iterable[Path]:
    path, number = folder / name, 2
    while True:
        yield path
        path = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
        number += 1


def _media_type(path: Path, content: bytearray) -> str:
    """By its first bytes for pictures, by its name for the rest; a name alone makes no picture."""
    found = next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), None)
    if found:
        return found
    named = _KNOWN.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return "application/octet-stream" if named in _MAGIC.values() else named


def _only_a_table(content: bytearray) -> bytearray:
    import nh3

    text = content.decode("utf-8", "replace")
    table = nh3.clean(text, tags=TABLE_TAGS, attributes={"td": {"colspan"}, "th": {"colspan"}})
    return bytearray(plain(table).encode())
