"""On the way in: what a process takes from itself, and from whatever comes of it, for good (Landlock and seccomp)."""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
ASK_VERSION = 1
BENEATH_PATH = 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
MAKE_FIFO, MAKE_SYM, REFER, TRUNCATE = 1 << 10, 1 << 12, 1 << 13, 1 << 14
EVERY_FILE_RIGHT = (1 << 16) - 1  # with devices, sockets and device ioctls, which are given to nobody
EVERY_TCP_RIGHT = 0b11  # bind, connect
ABSTRACT_SOCKETS_AND_SIGNALS = 0b11  # reach only what is confined alike
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE

READ = EXECUTE | READ_FILE | READ_DIR
WRITE = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_FIFO | MAKE_SYM | REFER | TRUNCATE
USE = READ_FILE | WRITE_FILE

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38
SECCOMP_MODE_FILTER = 2


def control(option: int, *arguments: object) -> None:
    """`prctl(2)`. Raises OSError."""
    padded = [*arguments, 0, 0, 0, 0][:4]
    words = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in padded]
    if ctypes.CDLL(None, use_errno=True).prctl(option, *words) != 0:
        raise _failure(f"prctl {option}")


def landlock_version() -> int:
    """The version of Landlock in this kernel; the negative errno where there is none."""
    version = int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(CREATE_RULESET), None, 0, ASK_VERSION))
    return version if version >= 0 else -ctypes.get_errno()


def wall_in(rights: Iterable[tuple[str, int]]) -> None:
    """Leave this process those rights to paths and no others, no TCP, and signals only to what is in here with it.

    A path that is not there is none. Raises OSError.
    """
    scope = struct.pack("=QQQ", EVERY_FILE_RIGHT, EVERY_TCP_RIGHT, ABSTRACT_SOCKETS_AND_SIGNALS)
    rules = _call(CREATE_RULESET, scope, len(scope), 0)
    for path, allowed in rights:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            allowed &= OF_A_FILE
        _call(ADD_RULE, rules, BENEATH_PATH, struct.pack("=Qi", allowed, place), 0)
        os.close(place)
    control(PR_SET_NO_NEW_PRIVS, 1)
    _call(RESTRICT_SELF, rules, 0)
    os.close(rules)


def filter_calls(program: bytes) -> None:
    """Judge every system call by a BPF program from now on. Raises OSError."""

    class Program(ctypes.Structure):
        _fields_ = (("steps", ctypes.c_ushort), ("first", ctypes.c_char_p))

    control(PR_SET_NO_NEW_PRIVS, 1)
    control(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(Program(len(program) // 8, program)))


def _call(number: int, *arguments: object) -> int:
    result = int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise _failure(f"system call {number}")
    return result


def _failure(what: str) -> OSError:
    return OSError(ctypes.get_errno(), f"{os.strerror(ctypes.get_errno())} ({what})")
