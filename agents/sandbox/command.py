"""The bubblewrap command line: what code in the sandbox gets to see, and its limits."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

MB = 1024 * 1024
WORKSPACE = "/workspace"
PROGRAM = f"{WORKSPACE}/main.py"
MEMORY_MOUNTS = {"/dev/shm": 64 * MB, "/tmp": 64 * MB, WORKSPACE: 256 * MB}
ENVIRONMENT = {
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "MALLOC_ARENA_MAX": "2",  # glibc reserves 64 MB per thread otherwise, which the address space limit would count
}
NOBODY = 65534

# The parts of /usr an interpreter needs; the rest (/usr/src, /usr/local/share, …) may hold someone's application.
_USR = ("bin", "sbin", "lib", "lib32", "lib64", "libexec", "share", "local/bin", "local/lib", "local/lib64")
_ETC = ("ld.so.cache", "localtime", "alternatives", "fonts", "mime.types")
_ROOT = ("bin", "sbin", "lib", "lib32", "lib64")

# Runs first inside: no limit can be set from outside without binding the host's processes of the same user too.
_BOOT = """\
import os, resource, sys
for limit in sys.argv[1:]:
    name, value = limit.split("=")
    kind = getattr(resource, "RLIMIT_" + name)
    hard = resource.getrlimit(kind)[1]
    value = int(value) if hard == resource.RLIM_INFINITY else min(int(value), hard)
    resource.setrlimit(kind, (value, value))
os.nice(5)
os.execv(sys.executable, [sys.executable, "-u", "main.py"])
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python inside the sandbox: its path, and the directories it needs beside /usr."""

    executable: str
    directories: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Inherited:
    """Descriptors bubblewrap is started with: the system call filter, the code, where to report, when to begin."""

    seccomp: int
    code: int
    status: int
    block: int


def interpreters() -> Iterator[Interpreter]:
    """The Pythons to try, best first: the one this application was made with, then the system's."""
    prefix = Path(sys.base_prefix)
    own = () if prefix.is_relative_to("/usr") else (str(prefix / "bin"), str(prefix / "lib"))
    yield Interpreter(str(prefix / "bin" / "python3"), own)
    if prefix != Path("/usr"):
        yield Interpreter("/usr/bin/python3")


def arguments(interpreter: Interpreter, *, memory_bytes: int, inherited: Inherited) -> list[str]:
    """What follows `bwrap` on its command line."""
    # fmt: off
    return [
        "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
        "--disable-userns", "--assert-userns-disabled", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
        "--uid", str(NOBODY), "--gid", str(NOBODY), "--hostname", "sandbox",
        "--clearenv", *_each("--setenv", ENVIRONMENT.items()),
        *_system(), "--proc", "/proc", "--dev", "/dev",
        *(word for mount, size in MEMORY_MOUNTS.items() for word in ("--size", str(size), "--tmpfs", mount)),
        *_each("--ro-bind", zip(interpreter.directories, interpreter.directories, strict=True)),
        "--file", str(inherited.code), PROGRAM,
        "--remount-ro", "/dev", "--remount-ro", "/proc", "--remount-ro", "/", "--chdir", WORKSPACE,
        "--seccomp", str(inherited.seccomp), "--json-status-fd", str(inherited.status),
        "--block-fd", str(inherited.block),
        "--", interpreter.executable, "-I", "-S", "-c", _BOOT, *_limits(memory_bytes),
    ]
    # fmt: on


def _system() -> Iterator[str]:
    for name in _ROOT:
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        else:
            yield from ("--ro-bind-try", str(path), str(path))
    paths = [f"/usr/{name}" for name in _USR] + [f"/etc/{name}" for name in _ETC]
    yield from _each("--ro-bind-try", zip(paths, paths, strict=True))


def _limits(memory_bytes: int) -> list[str]:
    values = {
        "AS": memory_bytes + 1024 * MB,  # address space is reserved generously; the watchdog counts what is used
        "NPROC": 64,
        "NOFILE": 256,
        "FSIZE": 256 * MB,
        "MEMLOCK": 64 * 1024,
        "MSGQUEUE": 0,
        "CORE": 0,
    }
    return [f"{name}={value}" for name, value in values.items()]


def _each(option: str, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for first, second in pairs:
        yield from (option, first, second)
