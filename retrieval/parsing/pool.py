"""Parses documents in killable worker processes: a document that hangs, crashes or eats memory fails alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path

from configs.settings import ParsingSettings, child_environment
from retrieval.errors import ParseError
from retrieval.parsing.messages import Answer, Setup
from retrieval.types import ParsedDocument

MAX_WORKERS = 4
"""Each takes 150 to 450 MB; beyond four, embedding is what an ingest waits for."""
POLL_S = 0.2
"""How soon a cancel is noticed."""
LAST_WORDS_S = 5.0
"""How long a dying process may take, for the sake of its exit code."""

_ROOT = Path(__file__).parents[2]
_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


class ParserPool:
    """Long-lived parsing workers, started when first needed and replaced when they die or have grown.

    One `parse_all` at a time; `close` may come from any thread and ends a running one.
    """

    def __init__(self, settings: ParsingSettings, *, tokenizer: Path, max_tokens: int) -> None:
        self._setup = Setup(settings=settings, tokenizer=tokenizer.absolute(), max_tokens=max_tokens)
        self._size = settings.workers or min(os.cpu_count() or 1, MAX_WORKERS)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._idle: list[_Worker] = []
        self._busy: dict[Connection, tuple[_Worker, Path]] = {}

    def __enter__(self) -> ParserPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def parse_all(
        self, paths: Iterable[Path], *, cancel: threading.Event | None = None
    ) -> Iterator[tuple[Path, ParsedDocument | ParseError]]:
        """Each path with its document or the reason it failed, as they finish; as many at once as there are workers.

        Ends early when `cancel` is set or the pool is closed; documents then in work are dropped.
        """
        waiting = iter(paths)
        try:
            while not self._closed.is_set() and not (cancel and cancel.is_set()):
                self._hand_out(waiting)
                if not self._busy:
                    return
                ready = wait(list(self._busy), timeout=POLL_S)
                for connection in [c for c in self._busy if c in ready]:
                    result = self._collect(connection)
                    if self._closed.is_set():
                        return
                    self._hand_out(waiting)
                    yield result
        finally:
            with self._lock:
                dropped, self._busy = self._busy, {}
            for worker, _ in dropped.values():
                worker.dispose()

    def close(self) -> None:
        """End every worker, also in the middle of a document."""
        with self._lock:
            self._closed.set()
            idle, self._idle = self._idle, []
            for worker, _ in self._busy.values():
                worker.kill()
        for worker in idle:
            worker.dispose()

    def _hand_out(self, waiting: Iterator[Path]) -> None:
        """Give every free worker a path; start workers as long as there are paths and room."""
        while len(self._busy) < self._size and (path := next(waiting, None)) is not None:
            with self._lock:
                if self._closed.is_set():
                    return
                worker = self._free_worker()
                self._busy[worker.connection] = (worker, path)
            with suppress(BrokenPipeError):  # it died just now: collecting its answer will tell
                worker.connection.send(path.absolute())

    def _free_worker(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            worker.dispose()
        return _Worker(self._setup)

    def _collect(self, connection: Connection) -> tuple[Path, ParsedDocument | ParseError]:
        worker, path = self._busy[connection]
        try:
            answer: Answer = connection.recv()
        except (EOFError, OSError):
            answer = Answer(outcome=_epitaph(path, worker.ended(), self._setup.settings), last=True)
        with self._lock:
            self._busy.pop(connection, None)
            if not answer.last and not self._closed.is_set():
                self._idle.append(worker)
                return path, answer.outcome
        worker.dispose()
        return path, answer.outcome


class _Worker:
    """One worker process and the connection to it."""

    def __init__(self, setup: Setup) -> None:
        self.connection, theirs = Pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "retrieval.parsing.worker", str(theirs.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={**child_environment(), **_ENVIRONMENT},
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()
        with suppress(BrokenPipeError):
            self.connection.send(setup)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ended(self) -> int:
        """The exit code of a process that has hung up; negative is the signal that ended it."""
        try:
            return self._process.wait(timeout=LAST_WORDS_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.wait()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def dispose(self) -> None:
        self.kill()
        self.connection.close()
        if self._process.stdin:
            self._process.stdin.close()


def _epitaph(path: Path, exit_code: int, limits: ParsingSettings) -> ParseError:
    if exit_code == -signal.SIGALRM:
        return ParseError(
            f"{path.name} took longer than {limits.timeout_s:g} s to read.",
            hint="Split it or simplify it, or raise parsing.timeout_s.",
        )
    how = signal.Signals(-exit_code).name if exit_code < 0 else f"exit code {exit_code}"
    return ParseError(
        f"{path.name} crashed its reader ({how}).",
        hint=f"It may be damaged, or need more than the {limits.memory_mb} MiB of parsing.memory_mb.",
    )
