"""Which files an ingest means, and how each stands against what is indexed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import ParseError, SourceError
from retrieval.identity import content_hash
from retrieval.types import Document


@dataclass(frozen=True)
class SourceFile:
    """A file to ingest: `source` as the user gave it, `location` the absolute path."""

    source: str
    location: str

    @property
    def path(self) -> Path:
        """Where to read it."""
        return Path(self.location)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an ingest has to do."""

    changed: tuple[tuple[SourceFile, str], ...]
    unchanged: tuple[Document, ...]
    removed: tuple[Document, ...]
    unreadable: tuple[tuple[SourceFile, ParseError], ...]


def discover(paths: Sequence[Path]) -> list[SourceFile]:
    """All files under `paths`, in order, without hidden ones. Raises SourceError for a path that is not there."""
    found: dict[str, SourceFile] = {}
    for path in paths:
        _check(path)
        for file in _walk(path) if path.is_dir() else [path]:
            location = os.path.abspath(file)  # noqa: PTH100 - resolve() would follow links and change the name
            found.setdefault(location, SourceFile(str(file), location))
    return list(found.values())


def plan(paths: Sequence[Path], indexed: Sequence[Document]) -> Plan:
    """Compare the files under `paths` with the documents indexed: the content hash decides.

    Raises SourceError for a missing path, and when there is nothing to add and nothing to remove.
    """
    known = {document.location: document for document in indexed}
    changed, unchanged, unreadable = [], [], []
    files = discover(paths)
    for file in files:
        try:
            digest = content_hash(file.path)
        except ParseError as error:
            unreadable.append((file, error))
            continue
        document = known.get(file.location)
        if document is not None and document.content_hash == digest:
            unchanged.append(document)
        else:
            changed.append((file, digest))
    removed = tuple(_removed(paths, indexed))
    if not files and not removed:
        names = ", ".join(str(path) for path in paths)
        raise SourceError(f"There are no files in {names}.", hint="Give a folder with documents in it.")
    return Plan(
        changed=tuple(changed),
        unchanged=tuple(unchanged),
        removed=removed,
        unreadable=tuple(unreadable),
    )


def _check(path: Path) -> None:
    try:
        path.stat()
    except FileNotFoundError:
        raise SourceError(f"The path {path} does not exist.", hint="Give files or folders that exist.") from None
    except OSError as error:
        raise SourceError(
            f"The path {path} cannot be used ({error.strerror}).", hint="Check its spelling and permissions."
        ) from None


def _removed(paths: Sequence[Path], indexed: Sequence[Document]) -> Iterator[Document]:
    folders = [Path(os.path.abspath(path)) for path in paths if path.is_dir()]  # noqa: PTH100
    for document in indexed:
        location = Path(document.location)
        if any(folder in location.parents for folder in folders) and not os.path.lexists(location):
            yield document


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(files) if not name.startswith((".", "~$")))
