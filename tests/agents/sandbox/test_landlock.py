"""Attempts to get out from behind Landlock. Each prints `LEAK` with what it reached, and `END` when it has come so far.

They run against a host of the same user: files, processes and sockets that only Landlock and the filter keep from code.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from agents.errors import SandboxUnavailable
from agents.sandbox.landlock import LandlockWall, demand
from agents.sandbox.probe import probe
from agents.sandbox.seccomp import REFUSED, REFUSED_WITHOUT_NAMESPACES
from agents.sandbox.unsandboxed import UnsandboxedWall
from tests.agents.sandbox.boxes import REPOSITORY, begin, interpreter, line, printed
from tests.agents.sandbox.playground import play

USERS = [None, 4321] if os.getuid() == 0 else [None]
COLUMN = 0 if os.uname().machine == "x86_64" else 1

HELPERS = """
import ctypes, errno, fcntl, glob, os, platform, resource, signal, socket, subprocess, sys

HOST = CONFIG["host"]
X86 = platform.machine() == "x86_64"

def attempt(what, action):
    try:
        print("LEAK", what, action())
    except (OSError, ValueError) as error:
        print("held", what, error)

def opened(path, flags=os.O_WRONLY):
    os.close(os.open(path, flags))  # opening is proof enough: no kernel setting is ever written

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

def syscall(x86, arm, *arguments):
    words = [a if isinstance(a, (bytes, ctypes.Array)) else ctypes.c_long(a) for a in arguments]
    result = ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(x86 if X86 else arm), *words)
    if result == -1:
        raise OSError(ctypes.get_errno(), errno.errorcode[ctypes.get_errno()])
    return result
"""

# What an ordinary process of the same user may do: the same code must leak there, or it proves nothing.
OPEN_TO_THE_USER = {
    "files": """
for path in ("/etc/passwd", HOST["private"], HOST["public"], HOST["folder"] + "/../" + HOST["public"][5:]):
    attempt(path, lambda: read(path))
for path in ("/", "/etc", "/tmp", "/proc", "/sys", "/var", HOST["folder"], HOST["repository"]):
    attempt(path, lambda: os.listdir(path))
os.symlink(HOST["private"], "link")
attempt("symbolic link", lambda: read("link"))
attempt("hard link", lambda: os.link(HOST["private"], "hard") or read("hard"))
""",
    "writing": """
for folder in ("/tmp", "/var/tmp", "/dev/shm", HOST["folder"]):
    path = folder + "/" + HOST["secret"]
    attempt(path, lambda: opened(path, os.O_WRONLY | os.O_CREAT) or os.unlink(path))
    attempt(path, lambda: os.mkdir(path) or os.rmdir(path))
    attempt(path, lambda: os.mkfifo(path) or os.unlink(path))
    attempt(path, lambda: os.symlink("/", path) or os.unlink(path))
    attempt(path, lambda: opened(folder, os.O_WRONLY | os.O_TMPFILE))
attempt("open for writing", lambda: opened(HOST["private"], os.O_RDWR))
""",
    "processes": """
for pid in (HOST["victim"],):
    attempt("environment", lambda: holds(read(f"/proc/{pid}/environ", -1), HOST["secret"]))
    attempt("command", lambda: read(f"/proc/{pid}/cmdline"))
    attempt("memory", lambda: opened(f"/proc/{pid}/mem", os.O_RDWR))
    attempt("root", lambda: os.readlink(f"/proc/{pid}/root"))
    attempt("executable", lambda: os.readlink(f"/proc/{pid}/exe"))
    attempt("descriptors", lambda: os.listdir(f"/proc/{pid}/fd"))
    attempt("kill", lambda: os.kill(pid, 0))
    attempt("kill group", lambda: os.killpg(pid, 0))
    attempt("pidfd", lambda: signal.pidfd_send_signal(os.pidfd_open(pid), 0))
attempt("keeper", lambda: os.kill(os.getppid(), 0))
attempt("memory of the keeper", lambda: opened(f"/proc/{os.getppid()}/mem", os.O_RDWR))
attempt("itself", lambda: read("/proc/self/status"))
""",
    "limits of processes": """
for pid in (HOST["victim"],):
    attempt("rlimit", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE))
    attempt("scheduler", lambda: os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0)))
    attempt("nice", lambda: os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid)))
    attempt("processors", lambda: os.sched_setaffinity(pid, os.sched_getaffinity(pid)))
    attempt("input and output", lambda: syscall(251, 30, 1, pid, 0))
""",
    "sockets": """
attempt("tcp", lambda: connected(socket.AF_INET, ("127.0.0.1", HOST["port"])))
attempt("udp", lambda: connected(socket.AF_INET, ("127.0.0.1", 53), socket.SOCK_DGRAM))
attempt("path", lambda: connected(socket.AF_UNIX, HOST["stream"]))
attempt("letters", lambda: connected(socket.AF_UNIX, HOST["letters"], socket.SOCK_DGRAM))
attempt("abstract", lambda: connected(socket.AF_UNIX, HOST["abstract"]))
attempt("listen", lambda: socket.create_server(("127.0.0.1", 0)).close())
for family in (socket.AF_INET6, socket.AF_NETLINK):
    attempt(family, lambda: socket.socket(family, socket.SOCK_DGRAM).close())
def written():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ours.sendto(b"letter", HOST["letters"])
attempt("letter from a pair", written)
def turned():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ours.connect(HOST["letters"])
attempt("a pair turned elsewhere", turned)
attempt("a pair with records", lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) and "made")
""",
    "memory and queues that are shared": """
attempt("attach", lambda: syscall(30, 196, HOST["shared"], 0, 0))
attempt("make", lambda: syscall(31, 195, syscall(29, 194, 0, 4096, 0o600), 0, 0))
attempt("memfd", lambda: os.memfd_create("x"))
attempt("watch", lambda: syscall(254, 27, syscall(294, 26, 0), HOST["folder"].encode(), 0x100))
""",
}

CLOSED = {
    "system files": """
for path in ("/usr", "/usr/bin", "/usr/lib", "/dev", "/etc", "/proc", "/root", "/home"):
    attempt(path, lambda: opened(path + "/escaped", os.O_WRONLY | os.O_CREAT))
for path in ("/etc/shadow", "/root/.bashrc", "/var/log/dpkg.log", "/proc/1/environ", "/proc/1/root/etc/passwd"):
    attempt(path, lambda: read(path))
for path in ("/dev/mem", "/dev/kmsg", "/dev/tty", "/dev/fuse", "/dev/kvm", "/dev/ptmx", "/sys/kernel/notes"):
    attempt(path, lambda: opened(path, os.O_RDONLY))
""",
    "kernel settings": """
for name in ("kernel/core_pattern", "kernel/hostname", "kernel/modprobe", "vm/drop_caches", "vm/overcommit_memory"):
    attempt(name, lambda: opened("/proc/sys/" + name))
for name in ("sysrq-trigger", "1/oom_score_adj", "self/oom_score_adj", "self/uid_map", "self/setgroups", "kcore"):
    attempt(name, lambda: opened("/proc/" + name))
""",
    "rights": """
libc = ctypes.CDLL(None)
if libc.prctl(39, 0, 0, 0, 0) != 1 or libc.prctl(21, 0, 0, 0, 0) != 2:
    print("LEAK new privileges or no filter")
header, rights = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
syscall(125, 90, header, rights)
if any(rights[i] for i in (0, 1, 3, 4)):
    print("LEAK capabilities", list(rights))
if 0 in os.getresuid() + os.getresgid() or 0 in os.getgroups():
    print("LEAK root")
attempt("setuid", lambda: os.setuid(0))
attempt("hostname", lambda: socket.sethostname("escaped"))
attempt("chroot", lambda: os.chroot("."))
attempt("set uid", lambda: holds(subprocess.run(["/bin/su", "-c", "id -u"], capture_output=True, stdin=-3).stdout, "0"))
""",
    "namespaces": """
attempt("unshare", lambda: syscall(272, 97, 0x10000000))
attempt("clone", lambda: syscall(56, 220, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0) or os._exit(0))
attempt("clone3", lambda: syscall(435, 435, 0, 0))
attempt("setns", lambda: syscall(308, 268, os.pidfd_open(os.getppid()), 0x20000000))
""",
    "other socket families": """
for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_PACKET, socket.AF_VSOCK, socket.AF_ALG, 0):
    attempt(family, lambda: socket.socket(family, socket.SOCK_RAW).close())
    attempt(family, lambda: socket.socketpair(family, socket.SOCK_DGRAM))
attempt("io_uring", lambda: syscall(425, 425, 1, bytes(120)))
""",
    "refused system calls": """
for name, number in CALLS.items():
    try:
        print("LEAK", name, syscall(number, number, -1, -1, -1, -1, -1, -1))
    except OSError as error:
        print("held" if error.errno == errno.EPERM else "LEAK", name, error)
""",
    "its own walls": """
attempt("dump", lambda: ctypes.CDLL(None).prctl(4, 0, 0, 0, 0) and int("held"))
attempt("remove", lambda: os.rmdir(os.getcwd()))
attempt("rename", lambda: os.rename(os.getcwd(), os.getcwd() + ".old"))
attempt("beside", lambda: os.mkdir("../other"))
attempt("above", lambda: os.listdir(".."))
attempt("above all", lambda: os.listdir("../.."))
""",
    "devices": """
attempt("mknod", lambda: os.mknod("disk", 0o60600, os.makedev(8, 0)))
attempt("socket file", lambda: os.mknod("socket", 0o140600))
attempt("terminal", lambda: os.openpty())
""",
}

# Landlock has no say in these, so they are made to do nothing: the state of the host tells.
WITHOUT_EFFECT = """
import shutil
for path in (HOST["private"], HOST["folder"]):
    os.chmod(path, 0o777)
    os.chown(path, os.getuid(), os.getgid())
    os.utime(path, (1, 1))
try:
    os.setxattr(HOST["private"], "user.escaped", b"x")
except OSError as error:
    print(error)
"""
HARMFUL = """
for what in (
    lambda: os.truncate(HOST["private"], 0),
    lambda: os.unlink(HOST["private"]),
    lambda: os.rename(HOST["private"], "stolen"),
    lambda: os.rename(HOST["private"], HOST["public"]),
    lambda: os.kill(HOST["victim"], signal.SIGKILL),
    lambda: os.kill(HOST["victim"], signal.SIGSTOP),
    lambda: resource.prlimit(HOST["victim"], resource.RLIMIT_NOFILE, (1, 1)),
    lambda: os.setpriority(os.PRIO_PROCESS, HOST["victim"], 19),
    lambda: os.setpriority(os.PRIO_USER, 0, 19),
    lambda: os.sched_setaffinity(HOST["victim"], {0}),
):
    attempt("harm", what)
os.kill(-1, signal.SIGSTOP)  # says nothing of those it did not reach
"""

ORDINARY = {
    "files": """
import shutil, tempfile
os.makedirs("a/b")
open("a/b/file", "w").write("text")
shutil.copy("a/b/file", "copy")
shutil.copytree("a", "tree")
shutil.move("tree/b/file", "moved")
os.rename("moved", "a/moved")
os.replace("copy", os.environ["TMPDIR"] + "/copy")
shutil.rmtree("a")
with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as file:
    file.write(b"x")
    os.symlink("/usr", folder + "/link")
os.truncate(os.environ["TMPDIR"] + "/copy", 1)
open("/dev/null", "w").write("x")
open("/dev/urandom", "rb").read(8)
os.mkfifo("fifo")
print(sorted(os.listdir()))
""",
    "programs": """
script = open("script.sh", "w")
script.write("touch made; cp made copied; ls; echo $HOME | tail -c 5; cat <(echo substituted)")
script.close()
subprocess.run(["bash", "script.sh"], check=True)
os.close(os.open("program", os.O_WRONLY | os.O_CREAT, 0o700))
shutil = __import__("shutil")
shutil.copyfile("/bin/echo", "program")
subprocess.run(["./program", "executed"], check=True)
""",
    "threads, pipes, own processes": """
import asyncio, threading, multiprocessing
thread = threading.Thread(target=lambda: print("thread"))
thread.start(); thread.join()
async def later():
    process = await asyncio.create_subprocess_exec("echo", "later", stdout=-1)
    return (await process.communicate())[0]
print(asyncio.run(later()))
child = subprocess.Popen(["sleep", "60"])
child.terminate()
print(child.wait())
os.nice(1)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
ours, theirs = multiprocessing.Pipe()
ours.send("pipe")
print(theirs.recv())
""",
}
EXPECTED = {
    "files": "['fifo', 'tree']\n",
    "programs": "copied\nmade\nscript.sh\n/tmp\nsubstituted\nexecuted\n",
    "threads, pipes, own processes": "thread\nb'later\\n'\n-15\npipe\n",
}


def program(attack: str) -> str:
    tables = {**REFUSED, **REFUSED_WITHOUT_NAMESPACES}
    numbers = {name: pair[COLUMN] for name, pair in tables.items() if pair[COLUMN] is not None}
    return f"{HELPERS}\nCALLS = {numbers!r}\n{attack}\nprint('END')"


@cache
def played(wall: str, user: int | None) -> dict[str, Any]:
    attacks = {**OPEN_TO_THE_USER, **CLOSED, "without effect": WITHOUT_EFFECT, "harmful": HARMFUL}
    chosen = attacks if wall == "landlock" else OPEN_TO_THE_USER
    return play(wall, {name: program(attack) for name, attack in chosen.items()}, user=user)


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("attack", [*OPEN_TO_THE_USER, *CLOSED, "without effect", "harmful"])
def test_code_cannot_break_out(attack: str, user: int | None) -> None:
    found = played("landlock", user)

    assert "LEAK" not in found["said"][attack]
    assert found["said"][attack].endswith("END\n")
    assert found["after"][attack] == found["before"]


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("attack", OPEN_TO_THE_USER)
def test_the_same_code_leaks_without_walls(attack: str, user: int | None) -> None:
    lines = played("unsandboxed", user)["said"][attack].splitlines()

    assert [line for line in lines if line.startswith("held")] == []
    assert lines[-1] == "END"


@pytest.mark.parametrize("work", ORDINARY)
def test_ordinary_work_is_done(work: str) -> None:
    code = f"import os, resource, subprocess, sys\n{ORDINARY[work]}"

    assert printed(LandlockWall(interpreter=interpreter()), code) == EXPECTED[work]


def test_the_probe_finds_no_way_out() -> None:
    assert probe(LandlockWall(interpreter=interpreter()), namespaces=()) == ""


def test_the_probe_finds_that_there_is_no_wall() -> None:
    found = probe(UnsandboxedWall(interpreter=interpreter()), namespaces=())

    assert found.startswith("The sandbox does not isolate: code in it can read a file of the host")


def test_boxes_do_not_see_each_other() -> None:
    wall = LandlockWall(interpreter=interpreter())
    first = begin(wall, "import os, time; open('mine', 'w').write('x'); print(os.getpid(), flush=True); time.sleep(60)")
    pid = line(first)
    code = """
import os
def attempt(what):
    try:
        print("LEAK", what())
    except OSError:
        print("held")
attempt(lambda: os.listdir(CONFIG["other"]))
attempt(lambda: open(CONFIG["other"] + "/mine").read())
attempt(lambda: open(CONFIG["other"] + "/new", "w"))
attempt(lambda: os.kill(int(CONFIG["pid"]), 0))
attempt(lambda: open("/proc/" + CONFIG["pid"] + "/environ").read())
"""

    told = printed(wall, code, other=first.inside.workspace, pid=pid)
    first.bury()

    assert told == "held\n" * 5


def test_code_that_kills_everything_it_can_reach_kills_only_itself() -> None:
    wall = LandlockWall(interpreter=interpreter())
    other = begin(wall, "import os; print('ready', flush=True); print(os.read(0, 5).decode())")
    assert line(other) == "ready"
    code = (
        "import os, signal, subprocess; subprocess.Popen(['sleep', '60']); os.kill(-1, signal.SIGKILL); print('left')"
    )

    assert printed(wall, code) == "left\n"
    assert other.process.stdin is not None
    other.process.stdin.write(b"alive")
    other.process.stdin.flush()
    assert line(other) == "alive"
    other.bury()


def test_packages_can_be_read_and_not_written(world: Any) -> None:
    (world / "package.py").write_text("print('imported')", encoding="utf-8")
    world.chmod(0o777)
    wall = LandlockWall(interpreter=interpreter(), packages=str(world))
    code = """
import sys
sys.path.insert(0, CONFIG["packages"])
import package
try:
    open(CONFIG["packages"] + "/more.py", "w")
except OSError as error:
    print(error.strerror)
"""

    assert printed(wall, code, packages=str(world)) == "imported\nPermission denied\n"


@pytest.mark.parametrize(
    ("version", "sentence", "remedy"),
    [
        (-38, "this kernel has no Landlock", "Update to Linux 6.12"),
        (-95, "Landlock is switched off", "lsm=landlock"),
        (-1, "this container may not use Landlock", "Docker 23"),
        (-5, "Landlock fails with EIO", "Update to Linux 6.12"),
        (5, "Landlock has version 5 in this kernel, 6 is needed", "or install bubblewrap"),
    ],
)
def test_a_kernel_that_does_not_do_is_refused(version: int, sentence: str, remedy: str) -> None:
    with pytest.raises(SandboxUnavailable) as refusal:
        demand(version)

    assert sentence in str(refusal.value)
    assert remedy in str(refusal.value)


def test_a_kernel_that_does_is_not_refused() -> None:
    demand(6)
    demand(9)


# Takes Landlock away from itself, as the filter of a container does, and tries.
WITHOUT_LANDLOCK = """
import errno, struct
from agents.errors import SandboxUnavailable
from agents.sandbox.entrance.confine import filter_calls
from agents.sandbox.landlock import LandlockWall
from tests.agents.sandbox.boxes import interpreter
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, 444), (0x06, 0, 0, 0x50000 | errno.EPERM), (0x06, 0, 0, 0x7FFF0000)]
filter_calls(b"".join(struct.pack("=HBBI", *step) for step in steps))
try:
    LandlockWall(interpreter=interpreter()).start()
except SandboxUnavailable as error:
    print(error)
"""


def test_a_container_without_landlock_is_refused() -> None:
    tried = subprocess.run([sys.executable, "-c", WITHOUT_LANDLOCK], capture_output=True, text=True, cwd=REPOSITORY)

    assert tried.stdout.startswith("Code cannot be confined: this container may not use Landlock."), tried
