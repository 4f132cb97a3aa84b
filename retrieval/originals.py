"""The file a document was made from, or nothing: what was cited is shown as it was read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retrieval.archives import Unpacker
from retrieval.errors import ParseError, SourceError
from retrieval.identity import content_hash
from retrieval.locations import is_address, on_disk, split_member
from retrieval.types import Document


@contextmanager
def original(document: Document, *, downloads: Path) -> Iterator[Path]:
    """The file at the document's location, for reading while the context is open.

    Members of ZIPs are unpacked for it; of pages it is the copy kept in `downloads`. Raises SourceError unless its
    bytes are those the document was made from.
    """
    with tempfile.TemporaryDirectory() as scratch:
        path = _find(document, Path(scratch), downloads)
        if path is None or _hash(path) != document.content_hash:
            raise SourceError(
                f"{document.source} has changed or is gone since it was indexed.", hint="Ingest it again."
            )
        yield path


def _find(document: Document, scratch: Path, downloads: Path) -> Path | None:
    if is_address(document.location):
        from retrieval.fetch import kept_copy

        return kept_copy(document.location, downloads)
    path = on_disk(document.location)
    member = split_member(document.location)
    if member is None or os.path.lexists(path):
        return path
    try:
        archive = on_disk(member[0])
        return Unpacker(scratch).member(archive, member[1]) if archive.is_file() else None
    except SourceError:
        return None


def _hash(path: Path) -> str | None:
    try:
        return content_hash(path)
    except ParseError:
        return None
