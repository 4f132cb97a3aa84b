"""A ZIP of documents read as a folder: its members are unpacked one by one, within limits, whatever it declares."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import SourceError
from retrieval.locations import as_text, file_name
from retrieval.members import check, members_of

MAX_LISTING_BYTES = 8 << 20
"""Size of a ZIP's list of files, which is read at once: 400 bytes for each of 20,000."""

BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OverflowError, struct.error)
"""What `zipfile` raises for a ZIP that is damaged, encrypted or packed in a way it does not know."""

_BLOCK = 1 << 18


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is unpacked at most.

    `members` is twice the largest folder of small files to be handled with ease; `member_bytes` is above the largest
    document a parser is given (200 MiB by default); `total_bytes`, for all ZIPs of an ingest together, is what a
    temporary folder can be expected to take. `ratio` is unpacked over packed size (text reaches 20, deflate at most
    1032) and does not hold for files up to `free_bytes`.
    """

    members: int = 20_000
    member_bytes: int = 512 << 20
    total_bytes: int = 4 << 30
    ratio: int = 200
    free_bytes: int = 16 << 20


@dataclass(frozen=True, kw_only=True)
class Archive:
    """What a ZIP holds: all `names`, the `members` unpacked, and why others are not (under "" what concerns many)."""

    names: frozenset[str]
    members: tuple[tuple[str, Path], ...]
    unreadable: tuple[tuple[str, SourceError], ...]


class Unpacker:
    """Unpacks the ZIPs of one ingest below `scratch`; the limit on their size in all is a common one."""

    def __init__(self, scratch: Path, limits: Limits = Limits()) -> None:
        self._scratch, self._limits, self._left, self._count = scratch, limits, limits.total_bytes, 0

    def unpack(self, path: Path) -> Archive:
        """Unpack what can be read. Raises SourceError when the ZIP itself cannot, or holds too many files."""
        members: dict[str, Path] = {}
        unreadable: dict[str, SourceError] = {}
        with _opened(path) as archive:
            entries = self._entries(path, archive)
            most = min(self._left, max(self._limits.free_bytes, self._limits.ratio * path.stat().st_size))
            for name, info in entries:
                if self._left <= 0 or most <= 0:
                    unreadable[""] = SourceError(
                        f"Of the {len(entries)} files in {as_text(path.name)} only {len(members)} are read: unpacked "
                        "they are too large for one ingest, or for what the ZIP has.",
                        hint="Unpack it and give the folder.",
                    )
                    break
                try:
                    if name in members:
                        raise SourceError(f"{name} is in the ZIP twice; the first is read.", hint="Rename one of them.")
                    members[name] = self._copy(archive, name, info)
                    most -= members[name].stat().st_size
                except SourceError as error:
                    unreadable[name] = error
        return Archive(
            names=frozenset(name for name, _ in entries),
            members=tuple(members.items()),
            unreadable=tuple(unreadable.items()),
        )

    def member(self, path: Path, name: str) -> Path:
        """Unpack one member. Raises SourceError when it is not there or cannot be read."""
        with _opened(path) as archive:
            for entry, info in members_of(archive):
                if entry == name:
                    return self._copy(archive, name, info)
        raise SourceError(f"{as_text(path.name)} does not hold {name}.", hint="Ingest it again.")

    def _copy(self, archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo) -> Path:
        check(name, info)
        self._count += 1
        copy = self._scratch / str(self._count) / file_name(name.rpartition("/")[2])
        try:
            copy.parent.mkdir(parents=True)
            with copy.open("xb") as target:
                for block in self._blocks(archive, name, info):
                    self._left -= len(block)
                    target.write(block)
        except OSError as error:
            copy.unlink(missing_ok=True)
            raise SourceError(f"{name} cannot be unpacked ({error.strerror}).", hint="Check the disk space.") from error
        except SourceError:
            copy.unlink()
            raise
        return copy

    def _entries(self, path: Path, archive: zipfile.ZipFile) -> list[tuple[str, zipfile.ZipInfo]]:
        if len(archive.filelist) > self._limits.members:
            raise SourceError(
                f"{as_text(path.name)} holds {len(archive.filelist)} files; at most {self._limits.members} are read.",
                hint="Unpack it and give the folder.",
            )
        return list(members_of(archive))

    def _blocks(self, archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """The content of a member. Raises SourceError at a limit, counting what comes and not what is declared."""
        size, limits = 0, self._limits
        for block in _content(archive, name, info):
            size += len(block)
            if size > limits.member_bytes:
                raise SourceError(
                    f"{name} in the ZIP is larger than {limits.member_bytes >> 20} MiB.", hint="Split the file."
                )
            if size > max(limits.free_bytes, limits.ratio * info.compress_size):
                raise SourceError(
                    f"{name} in the ZIP unpacks to more than {limits.ratio} times its size, as no document does.",
                    hint="Unpack the ZIP and give the file if you trust it.",
                )
            yield block


class Bounded(io.FileIO):
    """A file that refuses to be read in one piece where that piece is a ZIP's list of files and too large."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Raises BadZipFile for such a piece."""
        if size is not None and size > MAX_LISTING_BYTES:
            raise zipfile.BadZipFile("its list of files is too large")
        return super().read(-1 if size is None else size) or b""


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    name = as_text(path.name)
    try:
        file = Bounded(path)
    except OSError as error:
        raise SourceError(f"{name} cannot be opened ({error.strerror}).", hint="Check its permissions.") from error
    with file:
        try:
            archive = zipfile.ZipFile(file)
        except (*BROKEN, OSError) as error:
            raise SourceError(f"{name} cannot be read as a ZIP: {error}.", hint="Make or fetch it again.") from error
        with archive:
            yield archive


def _content(archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(info) as member:
            while block := member.read(_BLOCK):
                yield block
    except BROKEN as error:
        raise SourceError(f"{name} in the ZIP is corrupt: {error}.", hint="Make or fetch the ZIP again.") from error
