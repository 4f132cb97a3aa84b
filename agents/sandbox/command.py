"""The bubblewrap command line: what code in the sandbox gets to see, and its limits."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from agents.sandbox.boot import BOOT

MB = 1024 * 1024
WORKSPACE = "/workspace"
PACKAGES = "/packages"
PROCESSES = 64
MEMORY_MOUNTS = {"/dev/shm": 64 * MB, "/tmp": 64 * MB, WORKSPACE: 256 * MB}
ENVIRONMENT = {
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "MALLOC_ARENA_MAX": "2",  # glibc reserves 64 MB per thread otherwise, which the address space limit would count
    "OPENBLAS_NUM_THREADS": "2",  # as many buffers as there are threads, and a thread per core otherwise
    "OMP_NUM_THREADS": "2",
    "IPYTHONDIR": "/tmp/.ipython",
    "MPLCONFIGDIR": "/tmp/.matplotlib",
}
NOBODY = 65534

# The parts of /usr an interpreter needs; the rest (/usr/src, /usr/local/share, …) may hold someone's application.
USR = ("bin", "sbin", "lib", "lib32", "lib64", "libexec", "share", "local/bin", "local/lib", "local/lib64")
ETC = ("ld.so.cache", "localtime", "alternatives", "fonts", "mime.types")
ROOT = ("bin", "sbin", "lib", "lib32", "lib64")


@dataclass(frozen=True)
class Interpreter:
    """A Python inside the sandbox: its path, and the directories it needs beside /usr."""

    executable: str
    directories: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Inherited:
    """Descriptors bubblewrap is started with: the system call filter, where to report, when to begin."""

    seccomp: int
    status: int
    block: int


def interpreters() -> Iterator[Interpreter]:
    """The Pythons to try, best first: the one this application was made with, then the system's."""
    prefix = Path(sys.base_prefix)
    own = () if prefix.is_relative_to("/usr") else (str(prefix / "bin"), str(prefix / "lib"))
    yield Interpreter(str(prefix / "bin" / "python3"), own)
    if prefix != Path("/usr"):
        yield Interpreter("/usr/bin/python3")


def arguments(interpreter: Interpreter, *, packages: Path | None, inherited: Inherited) -> list[str]:
    """What follows `bwrap` on its command line; the runner is process 1 inside, so that its end is everybody's."""
    # fmt: off
    return [
        "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
        "--disable-userns", "--assert-userns-disabled", "--die-with-parent", "--new-session", "--as-pid-1",
        "--cap-drop", "ALL",
        "--uid", str(NOBODY), "--gid", str(NOBODY), "--hostname", "sandbox",
        "--clearenv", *_each("--setenv", ENVIRONMENT.items()),
        *_system(), "--proc", "/proc", "--dev", "/dev",
        *(word for mount, size in MEMORY_MOUNTS.items() for word in ("--size", str(size), "--tmpfs", mount)),
        *_each("--ro-bind", zip(interpreter.directories, interpreter.directories, strict=True)),
        *(("--ro-bind", str(packages), PACKAGES) if packages else ()),
        "--remount-ro", "/dev", "--remount-ro", "/proc", "--remount-ro", "/", "--chdir", WORKSPACE,
        "--seccomp", str(inherited.seccomp), "--json-status-fd", str(inherited.status),
        "--block-fd", str(inherited.block),
        "--", interpreter.executable, "-I", "-S", "-c", BOOT,
    ]
    # fmt: on


def _system() -> Iterator[str]:
    for name in ROOT:
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        else:
            yield from ("--ro-bind-try", str(path), str(path))
    paths = [f"/usr/{name}" for name in USR] + [f"/etc/{name}" for name in ETC]
    yield from _each("--ro-bind-try", zip(paths, paths, strict=True))


def _each(option: str, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for first, second in pairs:
        yield from (option, first, second)
