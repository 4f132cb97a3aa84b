"""What attacks are made of. It is sent along with each of them, so it is standard library only."""

from __future__ import annotations

import ctypes
import errno
import glob
import os
import platform
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

X86 = platform.machine() == "x86_64"
LIBC = ctypes.CDLL(None, use_errno=True)
CANARY = re.compile(rb"sk-[c]anary-[0-9a-f]{16}")

CALLS = {  # name: (x86_64, aarch64)
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_settime": (227, 112),
    "clone": (56, 220),
    "clone3": (435, 435),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsopen": (430, 430),
    "init_module": (175, 105),
    "io_uring_setup": (425, 425),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}


def attempt(what: object, action: Callable[[], Any]) -> None:
    """Tell whether it came off: what raises OSError or gives False did not."""
    try:
        got = action()
    except (OSError, ValueError) as error:
        print("held", what, error)
    else:
        print("held" if got is False else "LEAK", what, repr(got)[:200])


def opened(path: str, flags: int = os.O_WRONLY) -> None:
    """Opening is proof enough: nothing is ever written."""
    os.close(os.open(path, flags | os.O_NONBLOCK))


def made(path: str) -> None:
    """Make an empty file and remove it."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    os.unlink(path)


def read(path: str, size: int = 1 << 16) -> bytes:
    """The beginning of a file; what waits for someone to write has nothing."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.read(descriptor, size)
    finally:
        os.close(descriptor)


def holds(path: str, text: str) -> bool:
    """Whether a file has that text at its beginning."""
    return text.encode() in read(path)


def canaries(content: bytes) -> Any:
    """The secrets in it, or False."""
    return CANARY.findall(content) or False


def connected(family: int, address: Any, kind: int = socket.SOCK_STREAM) -> None:
    """Reach an address; nothing is said there."""
    with socket.socket(family, kind) as sock:
        sock.settimeout(1)
        sock.connect(address)


def syscall(name: str, *arguments: Any) -> int:
    """A system call by its number, past the C library."""
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    ctypes.set_errno(0)
    result = int(LIBC.syscall(ctypes.c_long(CALLS[name][not X86]), *words))
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def refused(name: str, *arguments: Any) -> bool:
    """False when a call is refused; anything else it fails with means that the kernel looked at its arguments."""
    try:
        syscall(name, *(arguments or [-1] * 6))
    except OSError as error:
        return error.errno not in (errno.EPERM, errno.ENOSYS)
    return True


def in_child(action: Callable[[], Any]) -> str:
    """Do it in a process of its own, which it may kill. Raises OSError as the action does."""
    child = os.fork()
    if not child:
        code = 254
        try:
            code = 253 if action() is False else 0
        except OSError as error:
            code = error.errno or 1
        finally:
            os._exit(code)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        raise OSError(f"killed by signal {os.WTERMSIG(status)}")
    if code := os.WEXITSTATUS(status):
        raise OSError(code, os.strerror(code))
    return "done"


def linger(mark: str) -> None:
    """Leave a daemon behind: a session of its own, no parent, no descriptors."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for descriptor in range(256):
                try:
                    os.close(descriptor)
                except OSError:
                    continue
            os.execv("/bin/sleep", ["sleep", mark])
        os._exit(0)
    end = time.monotonic() + 5
    while not any(mark in line for line in command_lines()) and time.monotonic() < end:
        time.sleep(0.01)


def command_lines() -> list[str]:
    """Of every process that is seen."""
    lines = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            lines.append(read(path).decode(errors="replace"))
        except OSError:
            continue
    return lines


def pipes() -> Iterator[int]:
    """Descriptors above the standard ones that can be written to: the runner's are among them."""
    for descriptor in range(3, 256):
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLOUT)
            kind = os.readlink(f"/proc/self/fd/{descriptor}")
            if kind.startswith("pipe:") and any(flag & select.POLLOUT for _, flag in poll.poll(0)):
                yield descriptor
        except OSError:
            continue


def run(*words: str, seconds: float = 10) -> str:
    """What a program prints, and nothing when it is not there or hangs."""
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr if done.returncode == 0 else ""


__all__ = ["signal", "sys"]
