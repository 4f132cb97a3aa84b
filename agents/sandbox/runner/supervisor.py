"""Behind the wall: takes requests as JSON lines on stdin, runs code in children, and tells what happens on stdout.

Requests: `{"op": "put", "name", "data", "more"}`, `{"op": "run", "mode": "cell" | "script" | "sh", "code"}`,
`{"op": "interrupt"}`. Events: `ready`, `warm`, `put` (problem), `out` (stream, text), `part` (a piece of a file: name,
media_type, data, more), `left_out` (count), `lost` (the kernel ended between two runs) and, last of every run, `done`
(exit_code, died). Data is base64; text holds bytes that are no text as lone surrogates. When stdin ends, so does
everything. The working directory is the workspace.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import json
import os
import resource
import selectors
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

PIECE = 512 * 1024
INPUTS = "inputs"
PLOTS = "roundtable_plots"
PROGRAMS = {"script": "main.py", "sh": "main.sh"}
START = "import sys; sys.path.remove(''); exec(compile(sys.argv.pop(1), '<kernel>', 'exec'))"  # no module of the code's
MOST_ENTRIES = 20_000  # of the workspace, looked at for files that are new
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36

File = tuple[int, int, int]  # what tells that a file was written: inode, size, time of its last change


class Child:
    """A process with its output; with the kernel (`talking`) we also exchange JSON lines."""

    def __init__(self, words: list[str], environment: dict[str, str], *, talking: bool) -> None:
        self.requests, self.events, self.held = -1, -1, b""
        passed = []
        if talking:
            their_requests, self.requests = os.pipe()
            self.events, their_events = os.pipe()
            passed = [their_requests, their_events]
        self.process = subprocess.Popen(
            [*words, *map(str, passed)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            pass_fds=passed,
            start_new_session=True,
        )
        for end in passed:
            os.close(end)
        streams = (("stdout", self.process.stdout), ("stderr", self.process.stderr))
        self.outputs = {pipe.fileno(): name for name, pipe in streams if pipe is not None}
        for end in self.ends:
            os.set_blocking(end, False)

    @property
    def ends(self) -> list[int]:
        """What we read from it."""
        return [*self.outputs, *([self.events] if self.events >= 0 else [])]

    def signal(self, number: int) -> None:
        """Send a signal to the process and its children."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    def close(self) -> None:
        """Let go of our ends."""
        for end in (*self.ends, *([self.requests] if self.requests >= 0 else [])):
            os.close(end)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


class Supervisor:
    """Requests in, events out, one run at a time, in one thread."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.selector = selectors.DefaultSelector()
        self.held = b""
        self.kernel: Child | None = None
        self.running: Child | None = None
        self.warm: Child | None = None
        self.before: dict[str, File] = {}
        self.cells = 0
        self.parts: dict[str, bytearray] = {}

    def serve(self) -> None:
        """Until stdin ends."""
        woken, waker = os.pipe()
        os.set_blocking(waker, False)
        for number in (signal.SIGCHLD, signal.SIGINT):  # the code may send the latter to us, too
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        self.selector.register(0, selectors.EVENT_READ, self.take_requests)
        self.selector.register(woken, selectors.EVENT_READ, lambda: self.reap(os.read(woken, 4096)))
        tell(event="ready")
        if self.config["kernel"]:
            self.start_kernel()
        while True:
            for key, _ in self.selector.select():
                if self.selector.get_map().get(key.fd) == key:  # what came before may have closed it
                    key.data()

    def take_requests(self) -> None:
        """Read what came in and act on every whole line."""
        data = os.read(0, 1 << 20)
        if not data:
            sys.exit(0)
        *lines, self.held = (self.held + data).split(b"\n")
        for line in lines:
            request = json.loads(line)
            getattr(self, "on_" + request.pop("op"))(**request)

    def on_put(self, name: str, data: str, more: bool) -> None:
        """Lay a read-only file before the code, in pieces."""
        content = self.parts.setdefault(name, bytearray())
        content += base64.b64decode(data)
        if more:
            return
        try:
            lay(name, bytes(self.parts.pop(name)))
            tell(event="put", problem="")
        except OSError as error:
            tell(event="put", problem=str(error.strerror))

    def on_run(self, mode: str, code: str) -> None:
        """Begin one run."""
        self.before = dict(files())
        try:
            self.begin_cell(code) if mode == "cell" else self.begin_program(mode, code)
        except OSError as error:
            tell(event="out", stream="stderr", text=f"The run cannot begin: {error.strerror}.\n")
            self.done(1, died=False)

    def begin_cell(self, code: str) -> None:
        """Hand a cell to the kernel."""
        self.running = self.kernel or self.start_kernel()
        self.cells += 1
        write(self.running.requests, json.dumps({"code": code, "cell": self.cells}).encode() + b"\n")

    def begin_program(self, mode: str, code: str) -> None:
        """Start a program of its own."""
        program = PROGRAMS[mode]
        with contextlib.suppress(FileNotFoundError):
            os.unlink(program)
        with open(program, "x", encoding="utf-8") as file:
            file.write(code)
        shell = shutil.which("bash") or "/bin/sh"
        words = [sys.executable, "-u", program] if mode == "script" else [shell, program]
        self.running = self.start(words, self.environment(MPLBACKEND=self.plots()))

    def on_interrupt(self) -> None:
        """End the run under way: a cell as Ctrl-C does, a program for good."""
        if self.running is not None:
            self.running.signal(signal.SIGINT if self.running is self.kernel else signal.SIGKILL)

    def start_kernel(self) -> Child:
        """The process in which the cells of a session run."""
        words = [sys.executable, "-u", "-c", START, self.config["kernel_source"]]
        self.kernel = self.start(words, self.environment(), talking=True)
        return self.kernel

    def plots(self) -> str:
        """The matplotlib backend of programs: the one that keeps what is shown, where it is installed."""
        there = os.path.exists(f"{self.config['packages']}/{PLOTS}.py")
        return f"module://{PLOTS}" if there else "agg"

    def environment(self, **more: str) -> dict[str, str]:
        """Of the children: ours, and where they find what they may import."""
        packages = self.config["packages"]
        return {**os.environ, **more, **({"PYTHONPATH": packages} if packages else {})}

    def start(self, words: list[str], environment: dict[str, str], *, talking: bool = False) -> Child:
        """A child whose output is passed on."""
        child = Child(words, environment, talking=talking)
        for end in child.outputs:
            self.selector.register(end, selectors.EVENT_READ, lambda end=end: self.pass_on(child, end))
        if talking:
            self.selector.register(child.events, selectors.EVENT_READ, lambda: self.hear(child))
        return child

    def pass_on(self, child: Child, end: int) -> bool:
        """Tell a piece of a child's output, which is nobody's while nothing runs; whether there was one."""
        data = read(end)
        if data and self.running is not None:
            tell(event="out", stream=child.outputs[end], text=data.decode("utf-8", "surrogateescape"))
        elif data == b"":
            self.forget(end)
        return bool(data)

    def hear(self, child: Child) -> None:
        """Take what the kernel says; its code may write there, too, so only what has the right form counts."""
        data = read(child.events)
        if data is None:
            return
        if not data:
            self.forget(child.events)
        *lines, child.held = (child.held + data).split(b"\n")
        child.held = b"" if len(child.held) > 2 * PIECE else child.held
        for line in lines:
            with contextlib.suppress(ValueError, LookupError, TypeError, OverflowError, RecursionError):
                self.hear_event(child, json.loads(line))

    def hear_event(self, child: Child, event: dict[str, Any]) -> None:
        """One event of the kernel."""
        if event["event"] == "warm" and child is not self.warm:
            self.warm = child
            tell(event="warm")
        elif event["event"] == "part" and child is self.running:
            base64.b64decode(event["data"], validate=True)
            texts = {name: str(event[name]) for name in ("name", "media_type", "data")}
            tell(event="part", **texts, more=bool(event["more"]))
        elif event["event"] == "done" and child is self.running and event["cell"] == self.cells:
            self.done(int(event["exit_code"]) & 0xFF, died=False)

    def reap(self, _woken: bytes) -> None:
        """Bury children that ended; the orphans of the code are ours, too."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                for child in {self.running, self.kernel} - {None}:
                    if child is not None and child.process.pid == pid:
                        child.process.returncode = os.waitstatus_to_exitcode(status)
                        self.ended(child)

    def ended(self, child: Child) -> None:
        """Say how a run ended by its process."""
        code, is_kernel = child.process.returncode, child is self.kernel
        self.kernel = None if is_kernel else self.kernel
        if child is self.running:
            self.done(code if code >= 0 else 128 - code, died=is_kernel)
        elif is_kernel:
            tell(event="lost")
        for end in child.ends:
            self.forget(end)
        child.close()

    def done(self, exit_code: int, *, died: bool) -> None:
        """Tell the rest of a run's output, the files it made, and that it is over."""
        child = self.running
        for end in child.outputs if child else ():
            _ = child and self.pass_on(child, end) and self.pass_on(child, end)  # no pipe holds more
        self.running = None
        self.tell_files()
        tell(event="done", exit_code=exit_code, died=died)

    def tell_files(self) -> None:
        """Send the files the run made or changed, as far as they fit."""
        left, room, out = self.config["artifacts"], self.config["artifact_bytes"], 0
        for path, state in files():
            if self.before.get(path) == state:
                continue
            if not left or state[1] > room:
                out += 1
                continue
            left, room = left - 1, room - state[1]
            send(path, state[1])
        if out:
            tell(event="left_out", count=out)

    def forget(self, end: int) -> None:
        """Read no more from there."""
        if end in self.selector.get_map():
            self.selector.unregister(end)


def files() -> Iterator[tuple[str, File]]:
    """The regular files of the workspace that have no other name; links are not followed, inputs not looked at."""
    folders, seen = ["."], 0
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                seen += 1
                if seen > MOST_ENTRIES:
                    return
                path = entry.path[2:]
                if entry.is_dir(follow_symlinks=False):
                    if path != INPUTS and not entry.name.startswith((".", "__pycache__")):
                        folders.append(entry.path)
                elif entry.is_file(follow_symlinks=False) and path not in PROGRAMS.values():
                    found = entry.stat(follow_symlinks=False)
                    if found.st_nlink == 1:
                        yield path, (found.st_ino, found.st_size, found.st_mtime_ns)


def lay(name: str, content: bytes) -> None:
    """A read-only file among the inputs."""
    os.makedirs(INPUTS, exist_ok=True)
    path = INPUTS + "/" + name
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o444)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def send(path: str, size: int) -> None:
    """Tell a file's content in pieces, at most `size` bytes of it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return
    with os.fdopen(descriptor, "rb") as file:
        more = stat.S_ISREG(os.fstat(descriptor).st_mode)
        while more:
            data = file.read(min(PIECE, size))
            size -= len(data)
            more = bool(data) and size > 0
            tell(event="part", name=path, media_type="", data=base64.b64encode(data).decode(), more=more)


def tell(**event: Any) -> None:
    """One event, as a line."""
    write(1, json.dumps(event).encode() + b"\n")


def read(descriptor: int) -> bytes | None:
    """What is there: nothing at the end, None while nothing has come."""
    try:
        return os.read(descriptor, 64 * 1024)
    except BlockingIOError:
        return None


def write(descriptor: int, data: bytes) -> None:
    """All of it; a reader that is gone is no fault of ours."""
    view = memoryview(data)
    with contextlib.suppress(BrokenPipeError):
        while view:
            view = view[os.write(descriptor, view) :]


def limit(limits: dict[str, int]) -> None:
    """Set what no code inside can raise again."""
    for name, value in limits.items():
        kind = getattr(resource, "RLIMIT_" + name)
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))
    os.nice(5)


def begin(config: dict[str, Any]) -> None:
    """Close ourselves off from the code we run, and serve."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    limit(config["limits"])
    Supervisor(config).serve()


if __name__ == "runner":
    begin(globals()["CONFIG"])
