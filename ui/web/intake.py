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

_NOT_READ = "The file was not read."

Status = Literal["waiting", "reading", "unpacked", "indexed", "unchanged", "removed", "failed", "cancelled"]


@dataclass(frozen=True, kw_only=True)
class FileProgress:
    """One uploaded file, or one in an uploaded ZIP: where it stands.

    `page` is what is read of `pages`, 0 when that is not known; `inside` the number of files in a ZIP; `reason` says
    why it failed, in English.
    """

    name: str
    status: Status = "waiting"
    page: int = 0
    pages: int = 0
    passages: int = 0
    seconds: float = 0.0
    inside: int = 0
    reason: str = ""


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
        rest = FileProgress(name="", status="failed", reason=_NOT_READ)
        try:
            self._ingest()
        except AppError as error:
            rest = replace(rest, reason=str(error))
        except Exception:
            log.exception("An upload ended unexpectedly.")
            rest = replace(rest, reason="Reading ended unexpectedly; the log has the details.")
        if self._cancelled.is_set():
            rest = FileProgress(name="", status="cancelled")
        with self._changing:
            for (number, member), row in self._rows.items():
                if row.status in ("waiting", "reading"):
                    inside = 0 if member else sum(other == number for other, _ in self._rows) - 1
                    unpacked = FileProgress(name=row.name, status="unpacked", inside=inside)
                    self._rows[number, member] = unpacked if inside else replace(rest, name=row.name)
            self._going = False

    def _ingest(self) -> None:
        kb = self._kb or first_kb(self._backend.knowledge_bases())
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
            self._set(number, "", FileProgress(name="", status="failed", reason=str(error)))
        except OSError as error:
            reason = f"The file could not be stored ({error.strerror})."
            self._set(number, "", FileProgress(name="", status="failed", reason=reason))
        else:
            self._kept.setdefault(str(kept), []).append(number)

    def _note(self, outcome: FileOutcome) -> None:
        failed = outcome.status == "failed"
        row = FileProgress(
            name="",
            status=outcome.status,
            pages=outcome.pages,
            passages=outcome.chunks,
            seconds=outcome.seconds,
            reason=(outcome.error or _NOT_READ) if failed else "",
        )
        self._tell(outcome.source, row)

    def _page(self, source: str, page: int, pages: int) -> None:
        self._tell(source, FileProgress(name="", status="reading", page=page, pages=pages))

    def _tell(self, source: str, row: FileProgress) -> None:
        """Set the rows of a source; a file in a ZIP gets its row when it is first heard of."""
        archive, member = split_member(source) or (source, "")
        for number in self._kept.get(archive, []):
            self._set(number, member, row)

    def _set(self, number: int, member: str, row: FileProgress) -> None:
        """Put the row in its place, under its name."""
        name = self._uploads[number].name
        with self._changing:
            self._rows[number, member] = replace(row, name=f"{name} › {member}" if member else name)
