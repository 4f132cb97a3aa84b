"""The filter's verdicts, read by a small interpreter of classic BPF: both architectures are checked on either."""

from __future__ import annotations

import errno
import struct

import pytest

from agents.errors import SandboxUnavailable
from agents.sandbox.seccomp import (
    IGNORED_WITHOUT_NAMESPACES,
    REFUSED,
    REFUSED_WITHOUT_NAMESPACES,
    machines,
    program,
)

MACHINES = {"x86_64": (0xC000_003E, 0), "aarch64": (0xC000_00B7, 1)}
ALLOW, KILL = 0x7FFF_0000, 0x8000_0000
CALLS = {  # name: (x86_64, aarch64)
    "read": (0, 63),
    "openat": (257, 56),
    "execve": (59, 221),
    "futex": (202, 98),
    "mmap": (9, 222),
    "clone": (56, 220),
    "clone3": (435, 435),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "ioctl": (16, 29),
    "a call of tomorrow": (451, 451),
    "prlimit64": (302, 261),
    "sched_setaffinity": (203, 122),
    "setpriority": (141, 140),
    "prctl": (157, 167),
    "kill": (62, 129),
}

VERDICTS = [
    ("read", (), ALLOW),
    ("openat", (), ALLOW),
    ("execve", (), ALLOW),
    ("futex", (), ALLOW),
    ("mmap", (), ALLOW),
    ("clone", (0x3D0F00,), ALLOW),  # a thread
    ("clone", (17,), ALLOW),  # a process
    *[("clone", (flag | 17,), errno.EPERM) for flag in (0x2_0000, *(1 << bit for bit in range(25, 31)))],
    ("clone3", (), errno.ENOSYS),
    ("a call of tomorrow", (), errno.ENOSYS),
    ("socket", (1, 1), ALLOW),
    *[("socket", (family, 1), errno.EAFNOSUPPORT) for family in (0, 2, 10, 16, 17, 38, 40)],
    ("socketpair", (1, 1), ALLOW),
    ("socketpair", (30, 1), errno.EAFNOSUPPORT),
    ("ioctl", (0, 0x5401), ALLOW),
    ("ioctl", (0, 0x5412), errno.EPERM),
    ("ioctl", (0, 0x541C), errno.EPERM),
    ("ioctl", (0, 0x1_0000_5412), errno.EPERM),  # the kernel looks at 32 bits only
]

WITHOUT_NAMESPACES = [
    ("read", (), ALLOW),
    ("execve", (), ALLOW),
    ("clone", (17,), ALLOW),
    ("clone", (0x1000_0000,), errno.EPERM),
    ("clone3", (), errno.ENOSYS),
    ("kill", (1,), ALLOW),  # Landlock's part
    *[("socket", (family, 1), errno.EAFNOSUPPORT) for family in (0, 1, 2, 10, 16, 17, 38, 40)],
    ("socketpair", (1, 1), ALLOW),
    ("socketpair", (1, 1 | 0x8_0800), ALLOW),  # closed on exec, not blocking
    ("socketpair", (1, 2), errno.EPERM),
    ("socketpair", (1, 5 | 0x8_0000), errno.EPERM),
    ("socketpair", (30, 1), errno.EAFNOSUPPORT),
    ("ioctl", (0, 0x5412), errno.EPERM),
    ("prlimit64", (0, 7), ALLOW),
    ("prlimit64", (1234, 7), errno.EPERM),
    ("sched_setaffinity", (0,), ALLOW),
    ("sched_setaffinity", (1234,), errno.EPERM),
    ("setpriority", (0, 0, 19), ALLOW),
    ("setpriority", (0, 1234, 19), errno.EPERM),
    ("setpriority", (2, 0, 19), errno.EPERM),
    ("prctl", (15,), ALLOW),
    ("prctl", (4, 0), errno.EPERM),
]


def verdict(
    machine: str, number: int, arguments: tuple[int, ...] = (), audit: int | None = None, *, namespaces: bool = True
) -> int:
    """What the filter says: ALLOW, KILL, or the errno it fails with; 0 is success without effect."""
    padded = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("=IIQ6Q", number, MACHINES[machine][0] if audit is None else audit, 0, *padded)
    steps: list[tuple[int, int, int, int]] = list(struct.iter_unpack("=HBBI", program(machine, namespaces=namespaces)))
    at, accumulator = 0, 0
    while True:
        code, yes, no, operand = steps[at]
        if code == 0x06:
            return operand & 0xFFFF if operand & 0xFFFF_0000 == 0x5_0000 else operand
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, operand)
            at += 1
            continue
        if code == 0x54:
            accumulator &= operand
            at += 1
            continue
        tests = {
            0x15: accumulator == operand,
            0x25: accumulator > operand,
            0x35: accumulator >= operand,
            0x45: bool(accumulator & operand),
        }
        at += 1 + (yes if tests[code] else no)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("call", "arguments", "expected"), VERDICTS)
def test_calls_are_judged(machine: str, call: str, arguments: tuple[int, ...], expected: int) -> None:
    assert verdict(machine, CALLS[call][MACHINES[machine][1]], arguments) == expected


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_of_the_table_is_refused(machine: str) -> None:
    numbers = {name: pair[MACHINES[machine][1]] for name, pair in REFUSED.items()}

    assert {verdict(machine, n) for n in numbers.values() if n is not None} == {errno.EPERM}


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("call", "arguments", "expected"), WITHOUT_NAMESPACES)
def test_calls_are_judged_without_namespaces(
    machine: str, call: str, arguments: tuple[int, ...], expected: int
) -> None:
    assert verdict(machine, CALLS[call][MACHINES[machine][1]], arguments, namespaces=False) == expected


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("table", "expected"),
    [(REFUSED, errno.EPERM), (REFUSED_WITHOUT_NAMESPACES, errno.EPERM), (IGNORED_WITHOUT_NAMESPACES, 0)],
)
def test_more_is_refused_without_namespaces(
    machine: str, table: dict[str, tuple[int | None, int | None]], expected: int
) -> None:
    numbers = [n for pair in table.values() if (n := pair[MACHINES[machine][1]]) is not None]

    assert {verdict(machine, n, namespaces=False) for n in numbers} == {expected}


@pytest.mark.parametrize("machine", MACHINES)
def test_a_foreign_architecture_is_killed(machine: str) -> None:
    assert verdict(machine, 0, audit=0x4000_0003) == KILL


def test_the_x32_numbers_are_killed() -> None:
    assert verdict("x86_64", 0x4000_0000 | 101) == KILL


def test_the_program_fits_the_kernel() -> None:
    assert all(len(program(machine, namespaces=False)) // 8 <= 4096 for machine in MACHINES)
    assert set(machines()) == set(MACHINES)


def test_an_unknown_machine_is_named() -> None:
    with pytest.raises(SandboxUnavailable, match="no system call table for riscv64; it knows x86_64, aarch64"):
        program("riscv64")
