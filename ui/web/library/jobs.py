"""The work under way on knowledge bases: one job at a time in each, the others wait their turn."""

from __future__ import annotations

import itertools
import logging
import threading
from collections import deque
from collections.abc import Callable

from configs.errors import AppError
from ui.web.library.job import Job, Kind
from ui.web.library.record import Record

log = logging.getLogger(__name__)

Work = Callable[[Record], None]
"""Does a job and records what happens; ends soon once its `cancel` is set."""

_CLOSE_S = 5.0
_MOST_KEPT = 20
"""Ended jobs remembered of one owner in one knowledge base."""


class Jobs:
    """Jobs by knowledge base and owner, so that any tab of the owner sees them.

    `version` is another after every change; `ended` counts the jobs that are over.
    """

    def __init__(self) -> None:
        self._changing = threading.RLock()
        self._numbers, self._versions = itertools.count(1), itertools.count(1)
        self._records: dict[int, Record] = {}
        self._queues: dict[str, deque[tuple[Record, Work]]] = {}
        self._workers: dict[str, threading.Thread] = {}
        self.version = self.ended = 0

    def add(self, kb: str, owner: str, kind: Kind, work: Work) -> int:
        """Do it when those before it are done; returns the number of the job at once."""
        with self._changing:
            number = next(self._numbers)
            record = Record(Job(number=number, kb=kb, owner=owner, kind=kind), self._changed)
            self._records[number] = record
            self._forget(kb, owner)
            self._queues.setdefault(kb, deque()).append((record, work))
            if kb not in self._workers:
                self._workers[kb] = threading.Thread(target=self._work, args=(kb,), name="library", daemon=True)
                self._workers[kb].start()
        self._changed()
        return number

    def of(self, kb: str, owner: str) -> list[Job]:
        """The owner's jobs in a knowledge base, the newest first."""
        return [job for job in self._jobs() if (job.kb, job.owner) == (kb, owner)]

    def find(self, number: int, owner: str) -> Job | None:
        """A job of that owner."""
        return next((job for job in self._jobs() if job.number == number and job.owner == owner), None)

    def cancel(self, number: int, owner: str) -> None:
        """What is not done yet is left out."""
        if job := self.find(number, owner):
            self._records[job.number].cancel.set()
            self._changed()

    def dismiss(self, number: int, owner: str) -> None:
        """Show an ended job no more."""
        job = self.find(number, owner)
        if job and not job.going:
            with self._changing:
                self._records.pop(number, None)
            self._changed()

    def stop(self, kb: str, *, within_s: float | None = None) -> None:
        """Cancel everything in a knowledge base, and return when nothing works on it any more, or the time is over."""
        with self._changing:
            records, worker = list(self._records.values()), self._workers.get(kb)
        for record in records:
            if record.job.kb == kb:
                record.cancel.set()
        if worker:
            worker.join(within_s)

    def close(self) -> None:
        """Cancel everything, and return when nothing works any more; after some seconds in any case."""
        for kb in list(self._queues):
            self.stop(kb, within_s=_CLOSE_S)

    def _jobs(self) -> list[Job]:
        with self._changing:
            records = list(self._records.values())
        return [record.job for record in reversed(records)]

    def _work(self, kb: str) -> None:
        while True:
            with self._changing:
                if not self._queues[kb]:
                    del self._workers[kb]
                    return
                record, work = self._queues[kb].popleft()
            _do(record, work)
            with self._changing:
                self.ended += 1
            self._changed()

    def _forget(self, kb: str, owner: str) -> None:
        ended = [job.number for job in self.of(kb, owner) if not job.going]
        for number in ended[_MOST_KEPT:]:
            del self._records[number]

    def _changed(self) -> None:
        self.version = next(self._versions)


def _do(record: Record, work: Work) -> None:
    problem: AppError | None = None
    record.begin()
    try:
        if not record.cancel.is_set():
            work(record)
    except AppError as error:
        problem = error
    except Exception:
        log.exception("Work on a knowledge base ended unexpectedly.")
        problem = AppError("It ended unexpectedly.", hint="The log has the details.")
    record.end(problem)
