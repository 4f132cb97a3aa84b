"""Work on a knowledge base as it is shown: what is done, file by file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from configs.errors import AppError

Kind = Literal["add", "reparse", "reembed"]
State = Literal["queued", "running", "done", "failed", "cancelled"]
Status = Literal["waiting", "reading", "indexed", "unchanged", "removed", "unpacked", "failed", "cancelled"]

OPEN: tuple[Status, ...] = ("waiting", "reading")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One file of a job.

    `source` is what the library calls it, empty for what never came that far; `page` of `pages` is read now, `inside`
    counts the files of an archive, and `problem` is why it failed or what of it could not be read.
    """

    name: str
    source: str = ""
    status: Status = "waiting"
    page: int = 0
    pages: int = 0
    chunks: int = 0
    inside: int = 0
    seconds: float = 0.0
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One piece of work as it stands: `done` of `total` files, with `problem` why all of it failed."""

    number: int
    kb: str
    owner: str
    kind: Kind
    state: State = "queued"
    lines: tuple[Line, ...] = ()
    done: int = 0
    total: int = 0
    subject: str = ""
    problem: AppError | None = None

    @property
    def going(self) -> bool:
        """Whether it waits or is worked on."""
        return self.state in ("queued", "running")

    @property
    def failed(self) -> tuple[Line, ...]:
        """The files that could not be read."""
        return tuple(line for line in self.lines if line.status == "failed")
