"""The system calls code in the sandbox may not make, as a classic BPF program for the kernel.

A second wall behind the namespaces: it takes away what no computation needs and what kernel escapes have been made of.
Refused calls fail with an error; only a foreign calling convention (another ABI, which would have other numbers) kills.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agents.errors import SandboxUnavailable

# name: (x86_64, aarch64) from the kernel's unistd.h; None where the architecture does not have the call.
REFUSED: dict[str, tuple[int | None, int | None]] = {
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    # mounts and roots
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    # namespaces
    "unshare": (272, 97),
    "setns": (308, 268),
    # files by handle, past the mount tree
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    # programs and queues inside the kernel
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    # kernel keys, code and log
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "syslog": (103, 116),
    "acct": (163, 89),
    "reboot": (169, 142),
    # clock, names, hardware
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "personality": (135, 92),
    "vhangup": (153, 58),
    "mbind": (237, 235),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    # relics
    "uselib": (134, None),
    "ustat": (136, None),
    "sysfs": (139, None),
    "lookup_dcookie": (212, 18),
    # memory that belongs to no process and to no sized mount, so that no limit would see it
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    # pages that a pipe or a socket holds on to for one byte of them; copying programs have a way without them
    "vmsplice": (278, 75),
    "splice": (275, 76),
    "tee": (276, 77),
    "sendfile": (40, 71),
}

# What namespaces keep in is refused where there are none: other ways to processes and queues of the same user.
REFUSED_WITHOUT_NAMESPACES: dict[str, tuple[int | None, int | None]] = {
    "process_mrelease": (448, 448),
    "ioprio_set": (251, 30),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "inotify_add_watch": (254, 27),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
}
# Landlock does not judge who changes what is known about a file, and it may be any file of the same user. Programs
# that copy files do so all the time, so they are told that it was done, as some file systems tell them.
IGNORED_WITHOUT_NAMESPACES: dict[str, tuple[int | None, int | None]] = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
}
# The first argument is a process; 0 is oneself.
_ONLY_ONESELF: dict[str, tuple[int, int]] = {
    "prlimit64": (302, 261),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
}

# Later calls (after Linux 5.17) look missing, as on an older kernel: a C library has a way without them.
NEWEST_KNOWN = 450
CLONE3 = 435  # its flags lie in memory a filter cannot read; libraries fall back to clone
CLONE_NAMESPACES = 0x7E020000  # CLONE_NEWNS|NEWCGROUP|NEWUTS|NEWIPC|NEWUSER|NEWPID|NEWNET
AF_UNIX = 1  # multiprocessing and asyncio need it; there is no network for any other family
BUFFER_SIZES = (
    7,
    8,
    32,
    33,
)  # SO_SNDBUF, SO_RCVBUF, SO_SNDBUFFORCE, SO_RCVBUFFORCE: what waits there is nobody's memory
TERMINAL_INJECTION = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
X32_BIT = 0x4000_0000
STREAM = 1  # the one type of connected sockets that can never be connected to something else
PR_SET_DUMPABLE = 4  # would hide a process's open files from who counts them


@dataclass(frozen=True, kw_only=True)
class _Architecture:
    column: int
    audit: int
    clone: int
    ioctl: int
    sockets: tuple[int, int]
    setsockopt: int
    setpriority: int
    prctl: int


_ARCHITECTURES = {
    "x86_64": _Architecture(
        column=0, audit=0xC000_003E, clone=56, ioctl=16, sockets=(41, 53), setsockopt=54, setpriority=141, prctl=157
    ),
    "aarch64": _Architecture(
        column=1, audit=0xC000_00B7, clone=220, ioctl=29, sockets=(198, 199), setsockopt=208, setpriority=140, prctl=167
    ),
}

_LOAD, _EQUAL, _ABOVE, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x25, 0x35, 0x45, 0x54, 0x06
_NUMBER, _ARCH, _ARGUMENT_0, _ARGUMENT_1, _ARGUMENT_2 = 0, 4, 16, 24, 32  # offsets in struct seccomp_data, low halves
_ALLOW, _KILL = 0x7FFF_0000, 0x8000_0000

_Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand


def program(machine: str | None = None, *, namespaces: bool = True) -> bytes:
    """The filter as `struct sock_filter[]` for `machine` (default: this one), stricter where there are no namespaces.

    Raises SandboxUnavailable for an architecture without a table.
    """
    machine = machine or platform.machine()
    if machine not in _ARCHITECTURES:
        known = ", ".join(_ARCHITECTURES)
        raise SandboxUnavailable(f"The sandbox has no system call table for {machine}; it knows {known}.")
    return b"".join(struct.pack("=HBBI", *step) for step in _steps(_ARCHITECTURES[machine], namespaces))


def machines() -> tuple[str, ...]:
    """The architectures with a table."""
    return tuple(_ARCHITECTURES)


def _steps(arch: _Architecture, namespaces: bool) -> Iterator[_Instruction]:
    yield (_LOAD, 0, 0, _ARCH)
    yield (_EQUAL, 1, 0, arch.audit)
    yield (_RETURN, 0, 0, _KILL)
    yield (_LOAD, 0, 0, _NUMBER)
    yield from _if(_AT_LEAST, X32_BIT, _KILL)
    yield from _if(_ABOVE, NEWEST_KNOWN, _fail(errno.ENOSYS))
    yield from _if(_EQUAL, CLONE3, _fail(errno.ENOSYS))
    yield from _each(REFUSED, arch, errno.EPERM)
    if not namespaces:
        yield from _without_namespaces(arch)
    yield from _when(arch.clone, _ARGUMENT_0, _if(_ANY_BIT, CLONE_NAMESPACES, _fail(errno.EPERM)))
    for number in arch.sockets:
        yield from _when(number, _ARGUMENT_0, _unless(AF_UNIX, _fail(errno.EAFNOSUPPORT)))
    yield from _when(arch.setsockopt, _ARGUMENT_2, _none_of(BUFFER_SIZES))
    yield from _when(arch.ioctl, _ARGUMENT_1, _none_of(TERMINAL_INJECTION))
    yield (_RETURN, 0, 0, _ALLOW)


def _without_namespaces(arch: _Architecture) -> Iterator[_Instruction]:
    yield from _each(REFUSED_WITHOUT_NAMESPACES, arch, errno.EPERM)
    yield from _each(IGNORED_WITHOUT_NAMESPACES, arch, 0)
    socket, pair = arch.sockets
    yield from _if(_EQUAL, socket, _fail(errno.EAFNOSUPPORT))
    type_of_pair = [(_LOAD, 0, 0, _ARGUMENT_1), (_AND, 0, 0, 0xF), *_unless(STREAM, _fail(errno.EPERM))]
    yield from _when(pair, _ARGUMENT_0, [*_unless(AF_UNIX, _fail(errno.EAFNOSUPPORT)), *type_of_pair])
    for number in sorted(numbers[arch.column] for numbers in _ONLY_ONESELF.values()):
        yield from _when(number, _ARGUMENT_0, _unless(0, _fail(errno.EPERM)))
    of_whom = [(_LOAD, 0, 0, _ARGUMENT_1), *_unless(0, _fail(errno.EPERM))]
    yield from _when(arch.setpriority, _ARGUMENT_0, [*_unless(0, _fail(errno.EPERM)), *of_whom])
    yield from _when(arch.prctl, _ARGUMENT_0, _if(_EQUAL, PR_SET_DUMPABLE, _fail(errno.EPERM)))


def _each(table: dict[str, tuple[int | None, int | None]], arch: _Architecture, error: int) -> Iterator[_Instruction]:
    for number in sorted(n for numbers in table.values() if (n := numbers[arch.column]) is not None):
        yield from _if(_EQUAL, number, _fail(error))


def _when(number: int, argument: int, body: Iterable[_Instruction]) -> Iterator[_Instruction]:
    """Judge a call by one argument and allow what `body` lets through."""
    inner = [(_LOAD, 0, 0, argument), *body, (_RETURN, 0, 0, _ALLOW)]
    yield (_EQUAL, 0, len(inner), number)
    yield from inner


def _none_of(operands: Iterable[int]) -> list[_Instruction]:
    return [step for operand in operands for step in _if(_EQUAL, operand, _fail(errno.EPERM))]


def _if(test: int, operand: int, verdict: int) -> list[_Instruction]:
    return [(test, 0, 1, operand), (_RETURN, 0, 0, verdict)]


def _unless(operand: int, verdict: int) -> list[_Instruction]:
    return [(_EQUAL, 1, 0, operand), (_RETURN, 0, 0, verdict)]


def _fail(error: int) -> int:
    return 0x0005_0000 | error  # SECCOMP_RET_ERRNO; 0 is success
