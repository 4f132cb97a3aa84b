"""Outside the wall: starts the runner inside, and ends whatever comes of it when the application says so or is gone.

On the link, the application asks what is used on disk with any byte, and says with the end of the stream that all must
end. The keeper says first, as a line of JSON, where the runner works or why there is none, and with the end that no
process is left.
"""

# ruff: noqa: PTH102, PTH123

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
from collections.abc import Iterator

from agents.sandbox.entrance.burial import descendants, end_descendants, remove
from agents.sandbox.entrance.confine import PR_SET_NO_NEW_PRIVS, READ, USE, WRITE, control, filter_calls, wall_in
from agents.sandbox.entrance.disk import usage

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
WORKSPACE, TEMPORARY = "workspace", "tmp"
FIRST_TO_GO = "500"  # of 1000: when the machine runs out of memory, the code goes before the application and us

Walls = tuple[list[str], str]  # what may be read, and the system call filter in hexadecimal digits


def main(
    link: int,
    application: int,
    folders: list[str],
    command: list[str],
    environment: dict[str, str],
    walls: Walls | None,
) -> None:
    """Keep one runner from start to end."""
    os.set_inheritable(link, False)
    control(PR_SET_NO_NEW_PRIVS, 1)
    control(PR_SET_CHILD_SUBREAPER, 1)
    woken = woken_by(signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    parent = os.pidfd_open(application)
    if os.getppid() != application:
        return
    place = ""
    code = 1
    try:
        place = make_place(folders)
        first = start(place, command, environment, walls)
        tell(link, workspace=f"{place}/{WORKSPACE}")
        let_go_of_streams()
        code = watch(link, parent, woken, first, place)
    except OSError as error:
        tell(link, error=str(error))
    end_descendants()
    os.close(link)
    if place:
        remove(place)
    sys.exit(code)


def make_place(folders: list[str]) -> str:
    """A new folder that is ours alone, in the first of those where we may make one. Raises OSError."""
    for folder in folders:
        place = f"{folder}/roundtable-{os.urandom(8).hex()}"
        with contextlib.suppress(OSError):
            os.mkdir(place, 0o700)
            os.mkdir(f"{place}/{WORKSPACE}", 0o700)
            os.mkdir(f"{place}/{TEMPORARY}", 0o700)
            return place
    raise OSError(f"uid {os.getuid()} may make no folder to work in ({', '.join(folders)})")


def start(place: str, command: list[str], environment: dict[str, str], walls: Walls | None) -> int:
    """The pid of the runner, once it is the command. Raises OSError."""
    heard, complaint = os.pipe()
    keeper = os.getpid()
    pid = os.fork()
    if not pid:
        try:
            become(place, keeper, command, settled(environment, place), walls)
        except OSError as error:
            os.write(complaint, str(error).encode()[:4096])
        finally:
            os._exit(127)
    os.close(complaint)
    with os.fdopen(heard, "rb") as file:
        if said := file.read():
            raise OSError(said.decode())
    return pid


def become(place: str, keeper: int, command: list[str], environment: dict[str, str], walls: Walls | None) -> None:
    """Go behind the wall, and be the command. Raises OSError, and returns never."""
    os.setsid()
    control(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != keeper:
        os._exit(127)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write(FIRST_TO_GO)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.umask(0o077)
    os.chdir(f"{place}/{WORKSPACE}")
    if walls is not None:
        readable, program = walls
        wall_in(rights(place, readable))
        filter_calls(bytes.fromhex(program))
    os.execve(command[0], command, environment)


def rights(place: str, readable: list[str]) -> Iterator[tuple[str, int]]:
    """What may be done where."""
    yield from ((path, READ) for path in readable)
    yield from ((path, USE) for path in DEVICES)
    yield from ((f"{place}/{name}", WRITE) for name in (WORKSPACE, TEMPORARY))


def settled(environment: dict[str, str], place: str) -> dict[str, str]:
    """The environment with our own folder wherever it says /tmp."""
    own = f"{place}/{TEMPORARY}"
    moved = {k: own + v[len("/tmp") :] if v.startswith("/tmp") else v for k, v in environment.items()}
    return {**moved, "TMPDIR": own}


def watch(link: int, parent: int, woken: int, first: int, place: str) -> int:
    """Wait until the runner has ended, which gives its exit code, or all must end."""
    poll = select.poll()
    for descriptor in (link, parent, woken):
        poll.register(descriptor, select.POLLIN)
    while True:
        ready = {descriptor for descriptor, _ in poll.poll()}
        if woken in ready:
            if set(os.read(woken, 4096)) - {signal.SIGCHLD}:
                return 1
            if (code := reap(first)) is not None:
                return code
        if parent in ready or (link in ready and not answered(link, place)):
            return 0


def answered(link: int, place: str) -> bool:
    """Whether the application asked something, and got its answer."""
    try:
        return bool(os.read(link, 4096) and os.write(link, b"%d\n" % usage(place, descendants())))
    except OSError:
        return False


def reap(first: int) -> int | None:
    """Let go of children that have ended; the exit code of the first, 128 + n after signal n, if it is among them."""
    found = None
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == first:
                code = os.waitstatus_to_exitcode(ended[1])
                found = code if code >= 0 else 128 - code
    return found


def woken_by(*numbers: int) -> int:
    """A descriptor from which the numbers of these signals are read as they come."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    for number in numbers:
        signal.signal(number, lambda *_: None)
    return read_end


def let_go_of_streams() -> None:
    """The runner alone holds its ends of the pipes, so that they end with it."""
    null = os.open("/dev/null", os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)


def tell(link: int, **fact: str) -> None:
    """One line."""
    with contextlib.suppress(OSError):
        os.write(link, json.dumps(fact).encode() + b"\n")
