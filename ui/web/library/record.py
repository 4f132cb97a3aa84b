"""What a job has done so far, written by its thread and read by every tab."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from configs.errors import AppError
from retrieval.locations import split_member
from retrieval.types import FileOutcome
from ui.web.library.job import OPEN, Job, Line, State
from ui.web.listing import base_name


class Record:
    """The state of one job; `changed` is called after every change. `cancel` is set when nobody wants more of it."""

    def __init__(self, job: Job, changed: Callable[[], None]) -> None:
        self._job, self._changed = job, changed
        self._writing = threading.Lock()
        self._lines: dict[str, Line] = {}
        self.cancel = threading.Event()

    @property
    def job(self) -> Job:
        """The job as it stands."""
        with self._writing:
            lines = tuple(self._lines.values())
            done = self._job.done or sum(line.status not in OPEN for line in lines)
            return replace(self._job, lines=lines, done=done, total=self._job.total or len(lines))

    def expect(self, lines: Iterable[tuple[str, Line]]) -> None:
        """There will be these files, by the keys they are told under."""
        with self._writing:
            self._lines.update(lines)
        self._changed()

    def rekey(self, key: str, source: str) -> None:
        """The library will call that file `source`; one it has already stands for both."""
        with self._writing:
            line = self._lines.pop(key)
            self._lines.setdefault(source, replace(line, source=source))
        self._changed()

    def fail(self, key: str, problem: str) -> None:
        """A file that the library never sees."""
        with self._writing:
            self._lines[key] = replace(self._lines[key], status="failed", problem=problem)
        self._changed()

    def outcome(self, outcome: FileOutcome, _done: int = 0, _total: int = 0) -> None:
        """What became of a source."""
        told = {
            "status": outcome.status,
            "page": 0,
            "pages": outcome.pages,
            "chunks": outcome.chunks,
            "seconds": outcome.seconds,
            "problem": outcome.error or "",
        }
        self._tell(outcome.source, told)

    def page(self, source: str, page: int, pages: int) -> None:
        """So many pages of a source are read."""
        self._tell(source, {"status": "reading", "page": page, "pages": pages})

    def step(self, subject: str, done: int, total: int) -> None:
        """So many documents are done, the last of them `subject`."""
        with self._writing:
            self._job = replace(self._job, subject=base_name(subject), done=done, total=total)
        self._changed()

    def begin(self) -> None:
        """It is worked on now."""
        with self._writing:
            self._job = replace(self._job, state="running")
        self._changed()

    def end(self, problem: AppError | None = None) -> None:
        """Nothing more happens; files nobody heard of failed with the whole, were left out, or were archives."""
        cancelled = self.cancel.is_set()
        with self._writing:
            state: State = "failed" if problem else "cancelled" if cancelled else "done"
            self._job = replace(self._job, state=state, problem=problem)
            for key, line in self._lines.items():
                if line.status in OPEN:
                    self._lines[key] = self._closed(key, line, cancelled=cancelled)
        self._changed()

    def _closed(self, key: str, line: Line, *, cancelled: bool) -> Line:
        inside = sum(member is not None and member[0] == key for member in map(split_member, self._lines))
        if inside:
            return replace(line, status="unpacked", inside=inside)
        return replace(line, status="cancelled" if cancelled else "failed")

    def _tell(self, source: str, told: Mapping[str, object]) -> None:
        with self._writing:
            line = self._lines.get(source) or Line(name=self._name(source), source=source)
            self._lines[source] = replace(line, **told)  # type: ignore[arg-type]
        self._changed()

    def _name(self, source: str) -> str:
        """A file that turned up: in an archive or folder that was given, or by itself."""
        archive, member = split_member(source) or ("", "")
        known = self._lines.get(archive)
        return f"{known.name if known else base_name(archive)} › {member}" if archive else base_name(source)
