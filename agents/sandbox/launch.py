"""Starts bubblewrap, and holds the one process inside whose end takes all the others with it."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from agents.errors import SandboxUnavailable
from agents.sandbox import seccomp
from agents.sandbox.command import MEMORY_MOUNTS, PACKAGES, PROCESSES, WORKSPACE, Inherited, Interpreter, arguments
from agents.sandbox.memory import exceeds
from agents.sandbox.output import plain
from agents.sandbox.remedies import remedy
from agents.sandbox.spawn import spawn
from agents.sandbox.walls import Inside

SETUP_S = 10.0
BURIAL_S = 2.0


@dataclass(frozen=True, kw_only=True)
class BubblewrapBox:
    """A running sandbox, as a `Box`. `first` is the host's pid of process 1 inside, `handle` its pidfd."""

    process: subprocess.Popen[bytes]
    inside: Inside
    first: int
    handle: int
    buried: list[int]

    def exceeds(self, memory_bytes: int) -> bool:
        """Whether processes and memory file systems together hold more."""
        return exceeds(memory_bytes, self.first, tuple(MEMORY_MOUNTS))

    def kill(self) -> None:
        """End everything inside at once."""
        if not self.buried:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)

    def bury(self) -> None:
        """Kill, and wait until nothing is left."""
        self.kill()
        if self.buried:
            return
        readable(self.handle, BURIAL_S)
        try:
            self.process.wait(BURIAL_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        with suppress(ChildProcessError):  # process 1 is ours to reap where orphans fall to us, as in a container
            os.waitid(os.P_PIDFD, self.handle, os.WEXITED | os.WNOHANG)
        self.buried.append(self.handle)
        os.close(self.handle)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def launch(bwrap: str, interpreter: Interpreter, packages: Path | None) -> BubblewrapBox:
    """Start the runner in bubblewrap. Raises SandboxUnavailable when it cannot be started or cannot set itself up."""
    with ExitStack() as ours, ExitStack() as theirs:
        status, their_status = _pipe(reader=ours, writer=theirs)
        their_block, block = _pipe(reader=theirs, writer=ours)
        inherited = Inherited(seccomp=_file(theirs, seccomp.program()), status=their_status, block=their_block)
        argv = [bwrap, *arguments(interpreter, packages=packages, inherited=inherited)]
        process = spawn(argv, pass_fds=(inherited.seccomp, inherited.status, inherited.block))
        theirs.close()
        inside = Inside(workspace=WORKSPACE, packages=PACKAGES if packages else None, processes=PROCESSES)
        box = _held(process, status, inside)
        os.write(block, b"x")
        return box


def _held(process: subprocess.Popen[bytes], status: int, inside: Inside) -> BubblewrapBox:
    """The box, once bubblewrap has told the pid of process 1, which waits for our word to begin."""
    report = re.search(rb'"child-pid": (\d+)', _read(status, SETUP_S, until=b"\n"))
    try:
        if report:
            first = int(report[1])
            return BubblewrapBox(process=process, inside=inside, first=first, handle=os.pidfd_open(first), buried=[])
    except ProcessLookupError:
        pass
    process.kill()
    process.wait()
    assert process.stderr is not None
    raise not_started(_read(process.stderr.fileno(), BURIAL_S).decode(errors="replace"))


def not_started(complaint: str) -> SandboxUnavailable:
    """The error for a bubblewrap that ended before the code began; `complaint` is what it printed."""
    cause = plain(complaint).strip() or "bubblewrap ended without a word"
    return SandboxUnavailable(f"The sandbox cannot be set up: {cause}.", hint=remedy(cause))


def readable(descriptor: int, seconds: float) -> bool:
    """Whether there is something to read, or an end, within that time."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(0.0, seconds) * 1000))


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
    while (until is None or until not in data) and readable(descriptor, deadline - time.monotonic()):
        piece = os.read(descriptor, 4096)
        if not piece:
            break
        data += piece
    return data
