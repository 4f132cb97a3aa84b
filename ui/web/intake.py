"""Documents on their way into a knowledge base, with the outcome of every file."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from configs.errors import AppError
from retrieval.errors import ParseError, UnknownKnowledgeBase
from retrieval.locations import split_member
from retrieval.types import FileOutcome
from ui.web.backend import Backend, Watch, first_kb
from ui.web.uploads import Shelf

log = logging.getLogger(__name__)

Status = Literal["waiting", "reading", "unpacked", "indexed", "unchanged", "removed", "failed", "cancelled"]


@dataclass(frozen=True, kw_only=True)
class FileProgress:
    """One uploaded file, or one in an uploaded ZIP: where it stands, and its figures or why it failed."""

    name: str
    status: Status = "waiting"
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """All files of one upload, in the order they came; those of a ZIP follow it."""

    files: tuple[FileProgress, ...]
    going: bool = True


class Intake:
    """One upload, worked off in a thread of its own.

    Without a knowledge base it waits for the one to open first.
    """

    def __init__(self, backend: Backend, shelf: Shelf, kb: str | None, uploads: Sequence[Path]) -> None:
        self._backend = backend
        self._shelf = shelf
        self._kb = kb
        self._uploads = uploads
        self._kept: dict[str, list[int]] = {}
        self._rows = {(number, ""): FileProgress(name=upload.name) for number, upload in enumerate(uploads)}
        self._going = True
        self._changing = threading.Lock()
        self._cancelled = threading.Event()

    @property
    def progress(self) -> Progress:
        """Where everything stands now."""
        with self._changing:
            rows = sorted(self._rows.items(), key=lambda item: item[0][0])
            return Progress(files=tuple(row for _, row in rows), going=self._going)

    def start(self) -> None:
        """Begin; returns at once."""
        threading.Thread(target=self._run, name="intake", daemon=True).start()

    def cancel(self) -> None:
        """Leave out the files that have not been read yet."""
        self._cancelled.set()

    def _run(self) -> None:
        rest = FileProgress(name="", status="failed", detail="The file was not read.")
        try:
            self._ingest()
        except AppError as error:
            rest = replace(rest, detail=str(error))
        except Exception:
            log.exception("An upload ended unexpectedly.")
            rest = replace(rest, detail="Reading ended unexpectedly; the log has the details.")
        if self._cancelled.is_set():
            rest = replace(rest, status="cancelled", detail="")
        with self._changing:
            for (number, member), row in self._rows.items():
                if row.status in ("waiting", "reading"):
                    inside = 0 if member else sum(other == number for other, _ in self._rows) - 1
                    self._rows[number, member] = _unpacked(row, inside) if inside else replace(rest, name=row.name)
            self._going = False

    def _ingest(self) -> None:
        kb = self._kb or first_kb(self._backend)
        if kb not in self._backend.knowledge_bases():
            raise UnknownKnowledgeBase(f"There is no knowledge base named {kb!r}.", hint="Choose another one.")
        for number in range(len(self._uploads)):
            self._keep(number, kb)
        if self._kept:
            watch = Watch(outcome=lambda outcome, *_: self._note(outcome), page=self._page, cancel=self._cancelled)
            self._backend.ingest(kb, [Path(kept) for kept in self._kept], watch)

    def _keep(self, number: int, kb: str) -> None:
        try:
            kept = self._shelf.keep(self._uploads[number], kb)
        except ParseError as error:
            self._set(number, "", status="failed", detail=str(error))
        except OSError as error:
            self._set(number, "", status="failed", detail=f"The file could not be stored ({error.strerror}).")
        else:
            self._kept.setdefault(str(kept), []).append(number)

    def _note(self, outcome: FileOutcome) -> None:
        self._tell(outcome.source, outcome.status, _figures(outcome))

    def _page(self, source: str, page: int, pages: int) -> None:
        self._tell(source, "reading", f"page {page} of {pages}")

    def _tell(self, source: str, status: Status, detail: str) -> None:
        """Set the rows of a source; a file in a ZIP gets its row when it is first heard of."""
        archive, member = split_member(source) or (source, "")
        for number in self._kept.get(archive, []):
            self._set(number, member, status=status, detail=detail)

    def _set(self, number: int, member: str, *, status: Status, detail: str) -> None:
        name = self._uploads[number].name
        row = FileProgress(name=f"{name} › {member}" if member else name, status=status, detail=detail)
        with self._changing:
            self._rows[number, member] = row


def _unpacked(archive: FileProgress, inside: int) -> FileProgress:
    return replace(archive, status="unpacked", detail=f"{_count(inside, 'file')} inside")


def _figures(outcome: FileOutcome) -> str:
    if outcome.status == "failed":
        return outcome.error or "The file was not read."
    if outcome.status == "unchanged":
        return "already there"
    pages = f"{_count(outcome.pages, 'page')}, " if outcome.pages else ""
    return f"{pages}{_count(outcome.chunks, 'passage')}, {outcome.seconds:.1f} s"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
