"""The workers of a pool, kept within their limits: who is free, who is at work, and who has to go."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from retrieval.errors import ParseError
from retrieval.parsing.endings import START_LIMIT_S, too_large, too_slow
from retrieval.parsing.messages import Request, Setup
from retrieval.parsing.worker_process import WorkerProcess

WATCH_S = 0.1
"""How often time and memory are looked at, and how soon a cancel takes effect."""
GRACE_S = START_LIMIT_S + 5
"""A worker's own clock ends it first; this one is for a worker that is stopped, or whose library took the alarm."""

_Worker = TypeVar("_Worker", bound=Hashable)


def surplus(idle: Mapping[_Worker, int], busy: Mapping[_Worker, int], budget: int) -> Sequence[_Worker]:
    """Who has to go so that all hold at most `budget` bytes: the idle first, then the largest at work."""
    if sum(idle.values()) + sum(busy.values()) <= budget:
        return ()
    return list(idle) or [max(busy, key=busy.__getitem__)]


@dataclass
class Task:
    """A request at work until `deadline`; `verdict` and `crowded_out` are set when its worker is ended for it."""

    request: Request
    deadline: float
    verdict: ParseError | None = None
    crowded_out: bool = False


class Crew:
    """Long-lived workers, watched by a thread from the first one on; every method may be called from any thread."""

    def __init__(self, setup: Setup, *, stopped: Callable[[], bool], scratch: Path | None = None) -> None:
        self._setup, self._limits, self._stopped, self._scratch = setup, setup.settings, stopped, scratch
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._watch: threading.Thread | None = None
        self._idle: list[WorkerProcess] = []
        self.busy: dict[WorkerProcess, Task] = {}

    def put_to_work(self, request: Request, *, alone: bool) -> WorkerProcess | None:
        """The worker that has it now, a new one with no other beside it when `alone`; None once closed."""
        with self._lock:
            if self._closed.is_set():
                return None
            worker = self._free_worker(fresh=alone)
            self.busy[worker] = Task(request, time.monotonic() + self._limits.timeout_s + GRACE_S)
        worker.send(request)
        return worker

    def release(self, worker: WorkerProcess, *, keep: bool) -> Task:
        """Take a worker's task off it; it is there for the next one, or ends."""
        with self._lock:
            task = self.busy.pop(worker)
            if keep and not self._closed.is_set():
                self._idle.append(worker)
                return task
        worker.dispose()
        return task

    def drop(self) -> None:
        """End whoever is at work."""
        with self._lock:
            dropped, self.busy = self.busy, {}
        for worker in dropped:
            worker.dispose()

    def close(self) -> None:
        """End everyone, for good."""
        with self._lock:
            self._closed.set()
            self._dismiss(self._idle)
            self._kill_busy()
        if self._watch:
            self._watch.join()

    def _free_worker(self, *, fresh: bool) -> WorkerProcess:
        if fresh:
            self._dismiss(self._idle)
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            worker.dispose()
        if self._watch is None:
            self._watch = threading.Thread(target=self._keep_watch, daemon=True)
            self._watch.start()
        return WorkerProcess(self._setup, scratch=self._scratch)

    def _keep_watch(self) -> None:
        while not self._closed.wait(WATCH_S):
            with self._lock:
                if self._stopped():
                    self._kill_busy()
                self._end_overdue()
                self._end_surplus()

    def _end_overdue(self) -> None:
        for worker, task in self.busy.items():
            if time.monotonic() > task.deadline and worker.alive:
                task.verdict = too_slow(task.request.name, self._limits)
                worker.kill()

    def _end_surplus(self) -> None:
        idle = {worker: worker.resident() for worker in self._idle}
        busy = {worker: worker.resident() for worker in self.busy}
        leaving = surplus(idle, busy, self._limits.memory_mb * 2**20)
        self._dismiss([worker for worker in leaving if worker in idle])
        for worker in leaving:
            if task := self.busy.get(worker):
                task.crowded_out = len(busy) > 1
                task.verdict = None if task.crowded_out else too_large(task.request.name, self._limits)
                worker.kill()

    def _dismiss(self, idle: Sequence[WorkerProcess]) -> None:
        for worker in list(idle):
            self._idle.remove(worker)
            worker.dispose()

    def _kill_busy(self) -> None:
        for worker in self.busy:
            worker.kill()
