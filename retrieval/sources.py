"""Which documents an ingest means: files, folders, ZIPs of documents and web pages."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from configs.settings import FetchSettings
from retrieval.addresses import Address, parse_address
from retrieval.archives import Unpacker
from retrieval.errors import RetrievalError, SourceError
from retrieval.locations import (
    as_text,
    check_path,
    is_address,
    is_archive,
    is_hidden,
    is_missing,
    member_location,
    on_disk,
    split_member,
)


@dataclass(frozen=True)
class SourceFile:
    """A document to read: as the user gave it, its identity (see `Document.location`), where its bytes are now."""

    source: str
    location: str
    path: Path


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found.

    `folders` were looked through, all but the `unseen` ones; `archives` were listed: the locations of their members.
    """

    files: tuple[SourceFile, ...]
    unreadable: tuple[tuple[str, RetrievalError], ...]
    folders: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()
    archives: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def gone(self, location: str) -> bool:
        """Whether a document indexed before was looked for and is surely no longer there."""
        if location in self._present or is_address(location):
            return False
        archive, _ = split_member(location) or (location, "")
        if archive in self.archives:
            return location not in self.archives[archive]
        above = {str(folder) for folder in Path(archive).parents}
        looked_at = not self.folders.isdisjoint(above) and self.unseen.isdisjoint(above)
        return looked_at and is_missing(on_disk(location)) and is_missing(on_disk(archive))

    @cached_property
    def _present(self) -> frozenset[str]:
        return frozenset(file.location for file in self.files)


def discover(
    inputs: Sequence[str | Path],
    *,
    scratch: Path,
    fetch: FetchSettings,
    downloads: Path,
    private: Path | None = None,
    cancel: threading.Event | None = None,
) -> Found:
    """Everything `inputs` mean, in order, each once: folders without hidden files, the members of ZIPs, pages.

    Members are unpacked below `scratch`, which the caller deletes; of pages a copy is kept in `downloads`. The folder
    `private` is left out wherever it lies. It ends early, with what was found so far, when `cancel` is set. Raises
    SourceError, before anything is done, for a path that does not exist or an address that is none.
    """
    for given in inputs:
        if is_address(given):
            parse_address(str(given))
        else:
            check_path(Path(given))
    search = _Search(scratch, fetch, downloads, {scratch, downloads, *([private] if private else [])})
    for given in inputs:
        search.look(given, cancel or threading.Event())
    return search.found()


class _Search:
    """What was found so far, by location; what is unreadable by source."""

    def __init__(self, scratch: Path, fetch: FetchSettings, downloads: Path, ours: set[Path]) -> None:
        self._unpacker, self._fetch, self._downloads = Unpacker(scratch), fetch, downloads
        self._ours = {os.path.abspath(path) for path in ours}  # noqa: PTH100
        self._files: dict[str, SourceFile] = {}
        self._unreadable: dict[str, RetrievalError] = {}
        self._archives: dict[str, frozenset[str]] = {}
        self._folders: set[str] = set()
        self._unseen: set[str] = set()

    def found(self) -> Found:
        return Found(
            files=tuple(self._files.values()),
            unreadable=tuple(self._unreadable.items()),
            folders=frozenset(self._folders),
            archives=self._archives,
            unseen=frozenset(self._unseen),
        )

    def look(self, given: str | Path, cancel: threading.Event) -> None:
        if cancel.is_set():
            return
        if is_address(given):
            self._page(parse_address(str(given)))
        elif Path(given).is_dir():
            self._folders.add(_location(Path(given)))
            self._walk(Path(given), cancel)
        else:
            self._file(Path(given))

    def _page(self, address: Address) -> None:
        from retrieval.fetch import fetch

        if str(address) in self._files:
            return
        try:
            path = fetch(address, settings=self._fetch, downloads=self._downloads)
        except SourceError as error:
            self._unreadable[str(address)] = error
        else:
            self._files[str(address)] = SourceFile(str(address), str(address), path)

    def _walk(self, folder: Path, cancel: threading.Event) -> None:
        waiting = [folder]
        while waiting and not cancel.is_set():
            here = waiting.pop()
            try:
                with os.scandir(here) as listing:
                    entries = sorted((e for e in listing if not is_hidden(e.name)), key=lambda e: e.name)
                folders = [Path(here, e.name) for e in entries if e.is_dir(follow_symlinks=False)]
            except OSError as error:
                self._unseen.add(_location(here))
                self._refuse(here, f"cannot be looked through ({error.strerror})", "Check its permissions.")
                continue
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    self._file(Path(here, entry.name))
            waiting += [path for path in reversed(folders) if os.path.abspath(path) not in self._ours]  # noqa: PTH100

    def _file(self, path: Path) -> None:
        try:
            mode = path.stat().st_mode
        except OSError as error:
            if os.path.lexists(path):
                self._refuse(path, f"cannot be read ({error.strerror})", "Check where it links to and its permissions.")
            return
        if stat.S_ISREG(mode):
            self._regular(path)
        elif not stat.S_ISDIR(mode):
            self._refuse(path, "is a pipe, socket or device, not a document", "Leave it out.")

    def _regular(self, path: Path) -> None:
        location = _location(path)
        if not is_archive(path):
            absolute = Path(os.path.abspath(path))  # noqa: PTH100
            self._files.setdefault(location, SourceFile(as_text(path), location, absolute))
        elif location not in self._archives:
            self._archive(path, location)

    def _archive(self, path: Path, location: str) -> None:
        try:
            archive = self._unpacker.unpack(path)
        except SourceError as error:
            self._unreadable[as_text(path)] = error
            return
        self._archives[location] = frozenset(member_location(location, name) for name in archive.names)
        for name, copy in archive.members:
            at = member_location(location, name)
            self._files.setdefault(at, SourceFile(member_location(as_text(path), name), at, copy))
        for name, reason in archive.unreadable:
            self._unreadable[member_location(as_text(path), name) if name else as_text(path)] = reason

    def _refuse(self, path: Path, reason: str, hint: str) -> None:
        self._unreadable[as_text(path)] = SourceError(f"{as_text(path)} {reason}.", hint=hint)


def _location(path: Path) -> str:
    return as_text(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links and change the name
