"""Attempts to get out. Each prints `LEAK` with what it reached, and `END` so that a crash is not taken for a wall."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from agents.ports import Sandbox
from agents.sandbox.seccomp import REFUSED

HELPERS = """
import ctypes, errno, glob, os, platform, resource, signal, socket, subprocess

def attempt(what, action):
    try:
        print("LEAK", what, action())
    except (OSError, ValueError) as error:
        print("held", what, error)

def opened(path, flags=os.O_WRONLY):
    os.close(os.open(path, flags))  # opening is proof enough: nothing is ever written

def read(path, size=100):
    with open(path, "rb") as file:
        return file.read(size)

def holds(content, text):
    if text.encode() not in content:
        raise OSError("something else")

def connected(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as sock:
        sock.settimeout(1)
        sock.connect(address)

def syscall(*arguments):
    result = ctypes.CDLL(None, use_errno=True).syscall(*(ctypes.c_long(a) for a in arguments))
    if result == -1:
        raise OSError(ctypes.get_errno(), errno.errorcode[ctypes.get_errno()])
    return result
"""

# What any user may do on the host: the same code must leak there, else it proves nothing.
OPEN_TO_ANY_USER = {
    "files of the host": """
for path in ["/etc/passwd", HOST["canary"], HOST["canary"] + "/../canary.txt"]:
    attempt(path, lambda: read(path))
""",
    "application secrets in environments": """
if HOST["secret"] in str(os.environ):
    print("LEAK own environment")
for path in glob.glob("/proc/[0-9]*/environ"):
    attempt(path, lambda: holds(read(path, -1), HOST["secret"]))
""",
    "tcp to the host's loopback": """
attempt("tcp", lambda: connected(socket.AF_INET, ("127.0.0.1", HOST["port"])))
""",
    "udp": """
attempt("udp", lambda: connected(socket.AF_INET, ("127.0.0.1", 53), socket.SOCK_DGRAM))
""",
    "unix socket by path": """
attempt("path", lambda: connected(socket.AF_UNIX, HOST["socket"]))
""",
    "abstract unix socket": """
attempt("abstract", lambda: connected(socket.AF_UNIX, HOST["abstract"]))
""",
    "processes of the host": """
for path in glob.glob("/proc/[0-9]*/cmdline"):
    attempt(path, lambda: holds(read(path, -1), "pytest"))
""",
    "inherited descriptors": """
for descriptor in range(3, 256):
    attempt(descriptor, lambda: holds(os.pread(descriptor, 100, 0), HOST["secret"]))
""",
    "system v shared memory and memory files": """
attempt("memfd", lambda: os.memfd_create("x"))
attempt("shmget", lambda: syscall(29 if platform.machine() == "x86_64" else 194, 0, 4096, 0o600))
""",
    "new user namespace": """
attempt("unshare", lambda: syscall(272 if platform.machine() == "x86_64" else 97, 0x10000000))
""",
}

# Needs rights on the host, or would do harm there: no control.
CLOSED = {
    "shadow, homes, application": """
for path in ["/etc/shadow", "/root/.bashrc", "/var/log/dpkg.log", "/proc/1/root/etc/passwd"]:
    attempt(path, lambda: read(path))
for path in [HOST["home"], HOST["repository"], HOST["folder"], "/var", "/run", "/sys", "/opt", "/usr/src"]:
    attempt(path, lambda: os.listdir(path))
""",
    "write outside the workspace": """
for folder in ["/", "/usr", "/usr/bin", "/usr/lib", "/dev", "/proc", HOST["folder"]]:
    attempt(folder, lambda: opened(folder + "/escaped", os.O_WRONLY | os.O_CREAT))
attempt("chmod", lambda: os.chmod("/usr/bin/env", 0o777))
attempt("link", lambda: os.symlink("/", "/escaped"))
""",
    "kernel settings": """
for path in ["kernel/core_pattern", "kernel/hostname", "kernel/modprobe", "vm/drop_caches", "vm/overcommit_memory"]:
    attempt(path, lambda: opened("/proc/sys/" + path))
for path in ["sysrq-trigger", "1/oom_score_adj", "self/uid_map", "self/setgroups", "kmsg", "kcore"]:
    attempt(path, lambda: opened("/proc/" + path))
""",
    "kernel secrets": """
for path in ["/proc/kcore", "/proc/kmsg", "/dev/mem", "/dev/kmsg", "/sys/kernel/notes"]:
    attempt(path, lambda: opened(path, os.O_RDONLY))
""",
    "devices": """
allowed = "null zero full random urandom tty fd stdin stdout stderr core pts ptmx shm".split()
for name in set(os.listdir("/dev")) - set(allowed):
    print("LEAK", name)
attempt("mknod", lambda: os.mknod("/tmp/disk", 0o60600, os.makedev(8, 0)))
attempt("terminal", lambda: opened("/dev/tty"))
""",
    "other socket families": """
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET, socket.AF_VSOCK, socket.AF_ALG):
    attempt(family, lambda: socket.socket(family, socket.SOCK_RAW).close())
    attempt(family, lambda: socket.socket(family).close())
    attempt(family, lambda: socket.socketpair(family))
""",
    "rights": """
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
for name, value in {"CapEff": 0, "CapPrm": 0, "CapBnd": 0, "CapAmb": 0, "NoNewPrivs": 1, "Seccomp": 2}.items():
    if int(status[name], 16) != value:
        print("LEAK", name, status[name])
if 0 in os.getresuid() + os.getresgid() or 0 in os.getgroups():
    print("LEAK root")
attempt("setuid", lambda: os.setuid(0))
attempt("priority", lambda: os.nice(-1))
attempt("hostname", lambda: socket.sethostname("escaped"))
attempt("chroot", lambda: os.chroot("/tmp"))
""",
    "own limits": """
most = dict(AS=2 << 30, NPROC=64, NOFILE=256, FSIZE=256 << 20, CORE=0, MEMLOCK=64 << 10, MSGQUEUE=0)
for name, value in most.items():
    kind = getattr(resource, "RLIMIT_" + name)
    soft, hard = resource.getrlimit(kind)
    if not 0 <= hard <= value:
        print("LEAK limit", name, hard)
    attempt(name, lambda: resource.setrlimit(kind, (hard, hard + 4096)))
""",
    "namespaces": """
clone = 56 if platform.machine() == "x86_64" else 220
attempt("clone", lambda: syscall(clone, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0) or os._exit(0))
attempt("clone3", lambda: syscall(435, 0, 0))
for pid in (1, os.getpid()):
    attempt("setns", lambda: syscall(308 if clone == 56 else 268, os.open(f"/proc/{pid}/ns/net", os.O_RDONLY), 0))
if subprocess.run(["unshare", "--user", "--map-root-user", "true"], capture_output=True).returncode == 0:
    print("LEAK unshare")
""",
    "refused system calls": """
for name, number in SYSCALLS.items():
    try:
        print("LEAK", name, syscall(number, -1, -1, -1, -1, -1, -1))
    except OSError as error:
        print("held" if error.errno == errno.EPERM else "LEAK", name, error)
""",
    "process one": """
os.kill(1, signal.SIGKILL)
attempt("memory", lambda: opened("/proc/1/mem", os.O_RDWR))
for path in glob.glob("/proc/1/fd/*"):
    if not os.readlink(path).startswith(("/dev/null", "pipe:", "anon_inode:")):
        print("LEAK", path, os.readlink(path))
if len([name for name in os.listdir("/proc") if name.isdigit()]) > 2:
    print("LEAK pids", os.listdir("/proc"))
""",
}


def code(attack: str, host: dict[str, Any]) -> str:
    column = 0 if os.uname().machine == "x86_64" else 1
    numbers = {name: pair[column] for name, pair in REFUSED.items() if pair[column] is not None}
    return f"HOST = {host!r}\nSYSCALLS = {numbers!r}\n{HELPERS}\n{attack}\nprint('END')"


@pytest.mark.parametrize("attack", [pytest.param(a, id=name) for name, a in (OPEN_TO_ANY_USER | CLOSED).items()])
def test_code_cannot_break_out(attack: str, host: dict[str, Any], sandbox: Sandbox) -> None:
    result = sandbox.run(code(attack, host))

    assert "LEAK" not in result.stdout
    assert result.stdout.endswith("END\n"), result
    assert result.status == "ok"


@pytest.mark.parametrize("attack", [pytest.param(a, id=name) for name, a in OPEN_TO_ANY_USER.items()])
def test_the_same_code_leaks_outside(attack: str, host: dict[str, Any]) -> None:
    outside = subprocess.run(
        [sys.executable, "-c", code(attack, host)], capture_output=True, text=True, check=True, close_fds=False
    )

    assert "LEAK" in outside.stdout, outside
