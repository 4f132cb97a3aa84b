"""Starts bubblewrap, and holds the one process inside whose end takes all the others with it."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from agents.errors import SandboxUnavailable
from agents.sandbox import seccomp
from agents.sandbox.command import NOBODY, Inherited, Interpreter, arguments
from agents.sandbox.output import plain
from agents.sandbox.remedies import remedy

SETUP_S = 10.0
BURIAL_S = 2.0

# bubblewrap dies with the thread that started it (PR_SET_PDEATHSIG): one that lives as long as the application.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-spawn")


@dataclass(frozen=True, kw_only=True)
class Box:
    """A running sandbox. `first` is the host's pid of process 1 inside, `handle` its pidfd."""

    process: subprocess.Popen[bytes]
    status: int
    first: int
    handle: int

    @property
    def streams(self) -> dict[str, int]:
        """The descriptors to read, by name; they end when every process inside has ended."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        return {"stdout": self.process.stdout.fileno(), "stderr": self.process.stderr.fileno()}

    def kill(self) -> None:
        """End everything inside at once."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)

    def bury(self) -> None:
        """Kill, and wait until nothing is left."""
        self.kill()
        _readable(self.handle, BURIAL_S)
        try:
            self.process.wait(BURIAL_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        with suppress(ChildProcessError):  # process 1 is ours to reap where orphans fall to us, as in a container
            os.waitid(os.P_PIDFD, self.handle, os.WEXITED | os.WNOHANG)

    def exit_code(self) -> int | None:
        """The program's exit code, 128 + n after signal n; None when it never began. For a buried box."""
        report = re.search(rb'"exit-code": (\d+)', _read(self.status, BURIAL_S))
        return int(report[1]) if report else None


@contextmanager
def launched(bwrap: str, interpreter: Interpreter, code: bytes, *, memory_bytes: int) -> Iterator[Box]:
    """A sandbox with `code` running in it; nothing is left of it when the block ends.

    Raises SandboxUnavailable when bubblewrap cannot be started or cannot set the sandbox up.
    """
    with ExitStack() as ours:
        with ExitStack() as theirs:
            status, their_status = _pipe(reader=ours, writer=theirs)
            their_block, block = _pipe(reader=theirs, writer=ours)
            inherited = Inherited(
                seccomp=_file(theirs, seccomp.program()),
                code=_file(theirs, code),
                status=their_status,
                block=their_block,
            )
            argv = [bwrap, *arguments(interpreter, memory_bytes=memory_bytes, inherited=inherited)]
            process = ours.enter_context(_spawn(argv, inherited))
        box = _held(process, status)
        ours.callback(os.close, box.handle)
        ours.callback(box.bury)
        os.write(block, b"x")
        yield box


def _spawn(argv: list[str], inherited: Inherited) -> subprocess.Popen[bytes]:
    """Never as uid 0, whose files in /proc/sys the kernel would let the sandbox write."""
    drop: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if 0 in os.getresuid() else {}

    def spawn() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={},  # the sandbox can read bubblewrap's own environment in /proc/1/environ
            cwd="/",
            pass_fds=(inherited.seccomp, inherited.code, inherited.status, inherited.block),
            start_new_session=True,
            **drop,
        )

    try:
        return _SPAWNER.submit(spawn).result()
    except (OSError, RuntimeError) as error:
        raise SandboxUnavailable(f"bubblewrap cannot be started: {error}.", hint=remedy(str(error))) from error


def _held(process: subprocess.Popen[bytes], status: int) -> Box:
    """The box, once bubblewrap has told the pid of process 1, which waits for our word to begin."""
    report = re.search(rb'"child-pid": (\d+)', _read(status, SETUP_S, until=b"\n"))
    try:
        if report:
            first = int(report[1])
            return Box(process=process, status=status, first=first, handle=os.pidfd_open(first))
    except ProcessLookupError:
        pass
    process.kill()
    assert process.stderr is not None
    raise not_started(_read(process.stderr.fileno(), BURIAL_S).decode(errors="replace"))


def not_started(complaint: str) -> SandboxUnavailable:
    """The error for a bubblewrap that ended before the code began; `complaint` is what it printed."""
    cause = plain(complaint).strip() or "bubblewrap ended without a word"
    return SandboxUnavailable(f"The sandbox cannot be set up: {cause}.", hint=remedy(cause))


def _pipe(*, reader: ExitStack, writer: ExitStack) -> tuple[int, int]:
    read_end, write_end = os.pipe()
    reader.callback(os.close, read_end)
    writer.callback(os.close, write_end)
    return read_end, write_end


def _file(owner: ExitStack, content: bytes) -> int:
    """A descriptor to read `content` from; it has no name anywhere."""
    descriptor = os.memfd_create("sandbox")
    owner.callback(os.close, descriptor)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)
        file.seek(0)
    return descriptor


def _read(descriptor: int, seconds: float, *, until: bytes | None = None) -> bytes:
    """What comes before `until` or the end of the stream, within `seconds`."""
    deadline = time.monotonic() + seconds
    data = b""
    while (until is None or until not in data) and _readable(descriptor, deadline - time.monotonic()):
        piece = os.read(descriptor, 4096)
        if not piece:
            break
        data += piece
    return data


def _readable(descriptor: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(0.0, seconds) * 1000))
