"""Parses documents in killable worker processes: a document that hangs, crashes or eats memory fails alone."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from configs.settings import ChunkingSettings, ParsingSettings
from retrieval.errors import ParseError
from retrieval.parsing.crew import WATCH_S, Crew
from retrieval.parsing.endings import FROM_OUTSIDE, crashed
from retrieval.parsing.messages import CannotStart, Cut, PageRead, Parse, Reply, Request, Setup
from retrieval.parsing.worker_process import WorkerProcess
from retrieval.types import ChunkDraft, ParsedDocument

OnPage = Callable[[Path, int, int], None]
"""Called with a path, its pages read so far and its pages in all, in the thread that takes the results."""

MAX_WORKERS = 4
"""Beyond four, embedding is what an ingest waits for."""
WORKER_MB = 512
"""A worker holds 200 to 450 MB between documents; with less each, they would push one another out."""


@dataclass(frozen=True)
class _Job:
    """What to do, under the caller's name for it; `again` when its worker was ended through no fault of its own."""

    key: Any
    request: Request
    again: bool = False


class ParserPool:
    """Long-lived parsing workers, started when first needed and replaced when they die or have grown.

    One `parse_all` or `cut_all` at a time; `close` may come from any thread and ends a running one. All workers
    together hold at most `memory_mb`: over it the largest is ended and its document read again when nothing else is;
    only one that takes all of it by itself fails. So is a document whose worker was ended from outside read again.
    What they unpack lies below `scratch`, where it can be swept after a kill of this process, too.
    """

    def __init__(
        self,
        settings: ParsingSettings,
        *,
        chunking: ChunkingSettings,
        tokenizer: Path,
        max_tokens: int,
        password: str | None = None,
        scratch: Path | None = None,
    ) -> None:
        wanted = settings.workers or min(os.cpu_count() or 1, MAX_WORKERS)
        self._size = max(1, min(wanted, settings.memory_mb // WORKER_MB))
        setup = Setup(
            settings=settings,
            share_mb=settings.memory_mb // self._size,
            chunking=chunking,
            tokenizer=tokenizer.absolute(),
            max_tokens=max_tokens,
            password=password,
        )
        self._limits = settings
        self._closed = threading.Event()
        self._cancel = threading.Event()
        self._crew = Crew(setup, stopped=self._stopped, scratch=scratch and scratch.absolute())
        self._jobs: dict[WorkerProcess, _Job] = {}
        self._put_back: deque[_Job] = deque()
        self._broken: ParseError | None = None

    def __enter__(self) -> ParserPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def parse_all(
        self, paths: Iterable[Path], *, cancel: threading.Event | None = None, on_page: OnPage | None = None
    ) -> Iterator[tuple[Path, ParsedDocument | ParseError]]:
        """Each path with its document or the reason it failed, as they finish; as many at once as there are workers.

        Ends early when `cancel` is set or the pool is closed; documents then in work are dropped.
        """
        jobs = (_Job(path, Parse(path.absolute())) for path in paths)
        return self._run(jobs, cancel, on_page)

    def cut_all(
        self, documents: Iterable[tuple[str, str]], *, cancel: threading.Event | None = None
    ) -> Iterator[tuple[str, tuple[ChunkDraft, ...] | ParseError]]:
        """Each document id with the chunks cut from its kept Docling JSON; otherwise as `parse_all`."""
        jobs = (_Job(document_id, Cut(document_id, docling_json)) for document_id, docling_json in documents)
        return self._run(jobs, cancel, None)

    def close(self) -> None:
        """End every worker, also in the middle of a document."""
        self._closed.set()
        self._crew.close()

    def _stopped(self) -> bool:
        return self._closed.is_set() or self._cancel.is_set()

    def _run(
        self, jobs: Iterator[_Job], cancel: threading.Event | None, on_page: OnPage | None
    ) -> Iterator[tuple[Any, Any]]:
        self._cancel = cancel or threading.Event()
        try:
            while not self._stopped():
                if self._broken:
                    yield from ((job.key, self._broken) for job in jobs)
                self._hand_out(jobs)
                if not self._jobs:
                    return
                for worker in self._talking():
                    result = self._collect(worker, on_page)
                    if self._stopped():
                        return
                    self._hand_out(jobs)
                    if result:
                        yield result
        finally:
            self._jobs.clear()
            self._put_back.clear()
            self._crew.drop()

    def _hand_out(self, jobs: Iterator[_Job]) -> None:
        """Give every free worker a job; workers are started as long as there are jobs and room."""
        while job := self._next(jobs):
            worker = self._crew.put_to_work(job.request, alone=job.again)
            if worker is None:
                return
            self._jobs[worker] = job

    def _next(self, jobs: Iterator[_Job]) -> _Job | None:
        """A job there is room for; what is done again comes when nothing else is left, one at a time."""
        if len(self._jobs) >= self._size or any(job.again for job in self._jobs.values()):
            return None
        job = next(jobs, None)
        if job is None and self._put_back and not self._jobs:
            return self._put_back.popleft()
        return job

    def _talking(self) -> list[WorkerProcess]:
        ready = wait([worker.connection for worker in self._jobs], timeout=WATCH_S)
        return [worker for worker in self._jobs if worker.connection in ready]

    def _collect(self, worker: WorkerProcess, on_page: OnPage | None) -> tuple[Any, Any] | None:
        """A result; None while the job is at work, or when it is to be done again."""
        try:
            reply: Reply = worker.connection.recv()
        except (EOFError, OSError):
            return self._bury(worker)
        if isinstance(reply, PageRead):
            if on_page:
                on_page(self._jobs[worker].key, reply.done, reply.total)
            return None
        if isinstance(reply, CannotStart):
            self._broken = reply.error
            return self._bury(worker)
        self._crew.release(worker, keep=not reply.last)
        return self._jobs.pop(worker).key, reply.outcome

    def _bury(self, worker: WorkerProcess) -> tuple[Any, Any] | None:
        exit_code = worker.ended()
        job, task = self._jobs.pop(worker), self._crew.release(worker, keep=False)
        innocent = task.crowded_out or (task.verdict is None and exit_code in FROM_OUTSIDE)
        if innocent and not job.again:
            self._put_back.append(replace(job, again=True))
            return None
        return job.key, self._broken or task.verdict or crashed(job.request.name, exit_code, self._limits)
