"""What an ingest has to do: how each file stands against what is indexed. The content decides, not name or date."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from configs.errors import AppError
from retrieval import identity
from retrieval.errors import ParseError
from retrieval.parsing.formats import SUFFIXES, check_file
from retrieval.sources import Found, SourceFile
from retrieval.writing import Cancelled


@dataclass(frozen=True, kw_only=True)
class NewContent:
    """A content that is not indexed, and every file that holds it; the first is the one to read."""

    document_id: str
    content_hash: str
    files: tuple[SourceFile, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`known` and `unchanged` pair a file with the id of its document; `removed` are locations."""

    new: tuple[NewContent, ...]
    known: tuple[tuple[SourceFile, str], ...]
    unchanged: tuple[tuple[SourceFile, str], ...]
    removed: tuple[str, ...]
    unreadable: tuple[tuple[str, AppError], ...]

    @property
    def total(self) -> int:
        """How many outcomes there will be."""
        new = sum(len(content.files) for content in self.new)
        return new + len(self.known) + len(self.unchanged) + len(self.removed) + len(self.unreadable)


def plan(
    found: Found,
    indexed: Mapping[str, str],
    *,
    refused: Mapping[str, ParseError],
    keep_removed: bool,
    max_mb: int,
    cancel: threading.Event,
) -> Plan:
    """Compare what was found with what is indexed (document id by location) and what could not be read before.

    Files over `max_mb` MiB are not even hashed. Raises Cancelled.
    """
    documents = set(indexed.values())
    new: dict[str, list[SourceFile]] = {}
    hashes: dict[str, str] = {}
    known, unchanged, unreadable = [], [], list(found.unreadable)
    for file, content in _hashed(found.files, max_mb, cancel):
        if isinstance(content, ParseError):
            unreadable.append((file.source, content))
            continue
        document = _document_id(file, content)
        if indexed.get(file.location) == document:
            unchanged.append((file, document))
        elif document in documents:
            known.append((file, document))
        elif document in refused:
            unreadable.append((file.source, refused[document]))
        else:
            new.setdefault(document, []).append(file)
            hashes[document] = content
    return Plan(
        new=tuple(NewContent(document_id=i, content_hash=hashes[i], files=tuple(files)) for i, files in new.items()),
        known=tuple(known),
        unchanged=tuple(unchanged),
        removed=() if keep_removed else tuple(location for location in indexed if found.gone(location)),
        unreadable=tuple(unreadable),
    )


def _document_id(file: SourceFile, content: str) -> str:
    """The identity of what a file holds, read as the kind of document its suffix stands for."""
    suffix = file.path.suffix.lower()
    return identity.document_id(content, SUFFIXES.get(suffix, suffix))


def _hashed(
    files: Sequence[SourceFile], max_mb: int, cancel: threading.Event
) -> Iterator[tuple[SourceFile, str | ParseError]]:
    for file in files:
        if cancel.is_set():
            raise Cancelled
        try:
            check_file(file.path, max_mb=max_mb)
            yield file, identity.content_hash(file.path)
        except ParseError as error:
            yield file, error
