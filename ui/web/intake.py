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
from retrieval.types import FileOutcome
from ui.web.backend import Backend, first_kb
from ui.web.uploads import Shelf

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class FileProgress:
    """One uploaded file: where it stands, and its figures or why it failed."""

    name: str
    status: Literal["waiting", "indexed", "unchanged", "failed", "cancelled"] = "waiting"
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """All files of one upload, in the order they came."""

    files: tuple[FileProgress, ...]
    going: bool = True


class Intake:
    """One upload, worked off in a thread of its own; `progress` is always the newest.

    Without a knowledge base it waits for the one to open first.
    """

    def __init__(self, backend: Backend, shelf: Shelf, kb: str | None, uploads: Sequence[Path]) -> None:
        self.progress = Progress(files=tuple(FileProgress(name=upload.name) for upload in uploads))
        self._backend = backend
        self._shelf = shelf
        self._kb = kb
        self._uploads = uploads
        self._kept: dict[Path, list[int]] = {}
        self._cancelled = threading.Event()

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
        files = (replace(rest, name=f.name) if f.status == "waiting" else f for f in self.progress.files)
        self.progress = Progress(files=tuple(files), going=False)

    def _ingest(self) -> None:
        kb = self._kb or first_kb(self._backend)
        if kb not in self._backend.knowledge_bases():
            raise UnknownKnowledgeBase(f"There is no knowledge base named {kb!r}.", hint="Choose another one.")
        for index in range(len(self._uploads)):
            self._keep(index, kb)
        if self._kept:
            self._backend.ingest(kb, list(self._kept), lambda outcome, *_: self._note(outcome), self._cancelled)

    def _keep(self, index: int, kb: str) -> None:
        try:
            kept = self._shelf.keep(self._uploads[index], kb)
        except ParseError as error:
            self._set(index, FileProgress(name=self._uploads[index].name, status="failed", detail=str(error)))
        except OSError as error:
            detail = f"The file could not be stored ({error.strerror})."
            self._set(index, FileProgress(name=self._uploads[index].name, status="failed", detail=detail))
        else:
            self._kept.setdefault(kept, []).append(index)

    def _note(self, outcome: FileOutcome) -> None:
        for index in self._kept.get(Path(outcome.source), []):
            self._set(index, _told(self._uploads[index].name, outcome))

    def _set(self, index: int, file: FileProgress) -> None:
        files = self.progress.files
        self.progress = replace(self.progress, files=(*files[:index], file, *files[index + 1 :]))


def _told(name: str, outcome: FileOutcome) -> FileProgress:
    if outcome.status == "failed":
        return FileProgress(name=name, status="failed", detail=outcome.error or "The file was not read.")
    if outcome.status == "unchanged":
        return FileProgress(name=name, status="unchanged", detail="already there")
    pages = f"{outcome.pages} pages, " if outcome.pages else ""
    return FileProgress(
        name=name, status="indexed", detail=f"{pages}{outcome.chunks} passages, {outcome.seconds:.1f} s"
    )
