"""A worker as its pool sees it: a process to talk to, to measure and to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Pipe
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from configs.settings import child_environment
from retrieval.parsing.messages import Request, Setup

LAST_WORDS_S = 5.0
"""How long a dying process may take, for the sake of its exit code."""
FAMILY_S = 1.0
"""How often programs that a worker has started (LibreOffice) are looked for, which is not cheap."""

_ROOT = Path(__file__).parents[2]
_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


class WorkerProcess:
    """One process of `retrieval.parsing.worker`, head of a process group that ends with it.

    What it leaves on disk lies below `scratch`, which is absolute, else below the system's temporary folder.
    """

    def __init__(self, setup: Setup, *, scratch: Path | None = None) -> None:
        self.connection, theirs = Pipe()
        if scratch:
            scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._scratch = TemporaryDirectory(prefix="roundtable-", dir=scratch, ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "retrieval.parsing.worker", str(theirs.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={**child_environment(), **_ENVIRONMENT, "TMPDIR": self._scratch.name},
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()
        self._family: list[psutil.Process] = []
        self._look_again = 0.0
        self.send(setup)

    @property
    def pid(self) -> int:
        """Also the id of its process group."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def send(self, message: Setup | Request) -> None:
        """Hand over; that the process has just died is told by `connection`, which ends."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send(message)

    def resident(self) -> int:
        """Bytes in memory now, with what the process has started."""
        if time.monotonic() >= self._look_again:
            self._look_again = time.monotonic() + FAMILY_S
            self._family = list(_family(self.pid))
        return sum(map(_resident, self._family))

    def ended(self) -> int:
        """The exit code of a process that has hung up; negative is the signal that ended it."""
        try:
            return self._process.wait(timeout=LAST_WORDS_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.wait()

    def kill(self) -> None:
        """End the process and all it has started, now."""
        with suppress(ProcessLookupError, PermissionError):  # macOS forbids what is already over
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def dispose(self) -> None:
        """Kill, and let go of the connection and of what the process left on disk."""
        self.kill()
        self.connection.close()
        if self._process.stdin:
            self._process.stdin.close()
        self._scratch.cleanup()


def _family(pid: int) -> Iterator[psutil.Process]:
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        yield process
        yield from process.children(recursive=True)


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0
