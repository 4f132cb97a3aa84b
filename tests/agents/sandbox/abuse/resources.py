"""Attacks that take too much, never end or do not want to die."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from agents.ports import CodeResult
from tests.agents.sandbox.abuse.case import ENDS_ALL, Case, Cell, Wait
from tests.agents.sandbox.abuse.files import at_most

MEMORY_MB = 256
_case = partial(Case, category="resources", alone=True)
_hang = partial(_case, statuses=("timeout",), says="it took longer than 1 s", timeout_s=1)
_flood = partial(_case, statuses=("killed",), says="it printed more than")
_bomb = partial(_case, statuses=("killed",), says=f"it used more than {MEMORY_MB} MB of memory")


def was_ended(results: list[CodeResult], kept: Path) -> str:
    """What went on when nothing ran is gone when the next cell comes."""
    return "" if any(result.state_lost for result in results) else "what was left behind was not ended"


CASES = (
    _case(
        number=26,
        name="a fork bomb",
        code="""
children = []
try:
    while len(children) < 500:
        child = os.fork()
        if not child:
            time.sleep(30)
            os._exit(0)
        children.append(child)
except OSError as error:
    print("stopped", error)
print("LEAK", len(children)) if len(children) >= 64 else None
for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
""",
    ),
    _case(
        number=93,
        name="a fork bomb of a shell, spinning",
        language="sh",
        statuses=ENDS_ALL,
        timeout_s=1,
        code="bomb() { bomb | bomb & }; bomb; while :; do :; done",
    ),
    _bomb(number=27, name="memory taken by one process", code="held = []\nwhile True: held.append(b'x' * 10_000_000)"),
    _bomb(
        number=28,
        name="memory taken by many processes",
        code="""
for _ in range(12):
    if os.fork() == 0:
        held = os.urandom(30_000_000)
        time.sleep(30)
        os._exit(0)
time.sleep(20)
""",
    ),
    _case(
        number=29,
        name="file systems in memory filled",
        statuses=("ok", "killed"),
        code="""
for folder in ("/tmp", "/dev/shm", "/home", "/run", "/var/tmp", "/dev", "/"):
    written, number = 0, 0
    try:
        while written < 400 << 20:
            with open(f"{folder}/full-{number}", "wb", 0) as file:
                while written < 400 << 20 and (size := file.write(b"x" * 1_000_000)):
                    written += size
            number += 1
    except OSError as error:
        print(folder, written, error)
    print("LEAK", folder, written) if written > 70 << 20 else None
""",
    ),
    _case(
        number=30,
        name="the workspace filled by one file",
        statuses=("ok", "killed"),
        check=partial(at_most, 50, 32),
        code="""
written = 0
try:
    with open("full", "wb", 0) as file:
        while written < 1 << 30:
            written += file.write(b"x" * 1_000_000)
except OSError as error:
    print(error)
print("LEAK", written) if written > 300 << 20 else None
""",
    ),
    _case(
        number=31,
        name="the workspace filled by many files",
        statuses=("ok", "killed"),
        check=partial(at_most, 50, 32),
        code="""
written = 0
try:
    for number in range(10_000):
        written += open(f"full-{number}", "wb", 0).write(b"x" * 200_000)
except OSError as error:
    print(error)
print("LEAK", written) if written > 300 << 20 else None
""",
    ),
    _bomb(
        number=32,
        name="files without content until there is no room for names",
        code="""
import itertools
for number in itertools.count():
    os.close(os.open(f"/tmp/{number}", os.O_CREAT | os.O_WRONLY))
    print("LEAK", number) or os._exit(1) if number > 2_000_000 else None
""",
    ),
    _flood(number=33, name="print without end", code="while True: print('x' * 1000)"),
    _flood(number=94, name="one write of two hundred megabytes", code="os.write(1, b'x' * 200_000_000)"),
    _case(
        number=95,
        name="bytes that are no text, without end",
        statuses=("killed", "timeout"),
        timeout_s=5,
        code="while True: os.write(2, bytes(range(128, 256)) * 500)",
    ),
    _flood(
        number=34,
        name="one displayed message of sixty megabytes",
        code="""
from IPython.display import HTML, display
big = "x" * 60_000_000
display(HTML(big))
display({"text/plain": big}, raw=True)
""",
    ),
    _flood(
        number=96,
        name="an exception and a representation of twenty megabytes",
        code="""
class Big:
    def __repr__(self): return "x" * 20_000_000
    def _repr_html_(self): return "<b>" + "x" * 20_000_000
from IPython.display import display
display(Big())
raise ValueError("x" * 20_000_000)
""",
    ),
    _hang(
        number=97,
        name="a representation that never ends",
        code="""
class Endless:
    def __repr__(self):
        while True: pass
import IPython.display
IPython.display.display(Endless())
""",
    ),
    _hang(
        number=35,
        name="an endless loop that ignores interrupts",
        code="""
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
    signal.signal(number, signal.SIG_IGN)
while True: pass
""",
    ),
    _hang(
        number=98,
        name="interrupts caught again and again",
        code="""
while True:
    try:
        time.sleep(60)
    except BaseException:
        pass
""",
    ),
    _hang(number=36, name="stuck in C", code="re.match(r'(a+)+$', 'a' * 60 + 'b')"),
    _hang(
        number=99,
        name="threads and children that hold the cell",
        code="""
import threading
subprocess.Popen(["sleep", "60"])
for _ in range(20):
    threading.Thread(target=lambda: time.sleep(60)).start()
threading.Event().wait()
""",
    ),
    _case(number=37, name="a daemon left behind", code="linger(HOST['mark'])"),
    _case(
        number=53,
        name="grandchildren left behind by a shell",
        language="sh",
        code="""
setsid nohup sleep $MARK >/dev/null 2>&1 &
(setsid sh -c "sleep $MARK & sleep $MARK" >/dev/null 2>&1 &)
(trap '' HUP TERM INT; exec setsid sleep $MARK >/dev/null 2>&1) &
""",
    ),
    _case(
        number=38,
        name="waiting for someone to type",
        code="""
def typed():
    try:
        return input()
    except EOFError:
        return False
attempt("input", typed)
attempt("stdin", lambda: sys.stdin.read() or False)
attempt("shell", lambda: run("cat") or False)
""",
    ),
    _case(
        number=43,
        name="descriptors until there are no more",
        code="""
held = []
try:
    while len(held) < 5000:
        held.append(os.open("/dev/null", os.O_RDONLY))
except OSError as error:
    print("stopped", error)
print("LEAK", len(held)) if len(held) > 1024 else None
""",
        then=(Cell("for each in held: os.close(each)"),),
    ),
    _case(
        number=100,
        name="memory taken when no cell runs any more",
        check=was_ended,
        code="""
if os.fork() == 0:
    os.setsid()
    time.sleep(0.5)
    held = []
    while len(held) < 100:
        held.append(b"x" * 10_000_000)
        time.sleep(0.01)
    time.sleep(60)
    os._exit(0)
""",
        then=(Wait(10.0), Cell("print('next')")),
    ),
    _bomb(
        number=101,
        name="memory of the kernel: what lies in sockets",
        code="""
def fill():
    held = []
    while True:
        try:
            held.append(socket.socketpair())
        except OSError:
            return held
        for each in held[-1]:
            try:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)
            except OSError:
                pass
            each.setblocking(False)
            try:
                while each.send(b"x" * 65536):
                    pass
            except OSError:
                pass
for _ in range(40):
    if os.fork() == 0:
        held = fill()
        time.sleep(30)
        os._exit(0)
time.sleep(15)
""",
    ),
    _case(
        number=102,
        name="memory of the kernel: pages pinned by pipes",
        statuses=("ok", "killed"),
        code="""
class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
LIBC.mmap.restype = ctypes.c_void_p
LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
LIBC.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
pinned, held = 0, []
try:
    while pinned < 400 << 20:
        held.append(os.pipe())
        for _ in range(16):
            place = LIBC.mmap(None, 4 << 20, 3, 0x22, -1, 0)
            page = (place + (2 << 20) - 1) // (2 << 20) * (2 << 20)
            LIBC.madvise(ctypes.c_void_p(page), ctypes.c_size_t(2 << 20), 14)
            ctypes.memset(page, 1, 1)
            if LIBC.vmsplice(held[-1][1], ctypes.byref(Vector(page, 1)), 1, 0) != 1:
                raise OSError(ctypes.get_errno(), "vmsplice")
            LIBC.munmap(place, 4 << 20)
            pinned += 2 << 20
except OSError as error:
    print("stopped", error)
print("LEAK pinned", pinned >> 20) if pinned > 300 << 20 else None
""",
    ),
    _case(
        number=103,
        name="memory of the kernel: shared segments and memory files",
        statuses=("ok", "killed", "error"),
        code="""
CALLS.update(shmget=(29, 194), memfd_create=(319, 279), memfd_secret=(447, 447), mq_open=(240, 180))
def segments():
    return [syscall("shmget", 0, 1 << 26, 0o600) for _ in range(6)]
def memory_file():
    descriptor, written = os.memfd_create("held"), 0
    while written < 400 << 20:
        written += os.write(descriptor, b"x" * 1_000_000)
attempt("segments", segments)
attempt("memory file", memory_file)
attempt("secret memory", lambda: syscall("memfd_secret", 0))
attempt("queue", lambda: syscall("mq_open", b"queue", 0o102, 0o600, 0))
""",
    ),
    _case(
        number=105,
        name="memory of the kernel: few sockets with large buffers",
        statuses=("ok", "killed"),
        code="""
held, waiting = [], 0
try:
    for _ in range(50):
        held.append(socket.socketpair())
        for each in held[-1]:
            each.setblocking(False)
            try:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)
            except OSError as error:
                print("held", error)
            try:
                while waiting < 400 << 20:
                    waiting += each.send(b"x" * 65536)
            except BlockingIOError:
                continue
except OSError as error:
    print("stopped", error)
print("LEAK", waiting >> 20) if waiting > 300 << 20 else None
""",
    ),
    _case(
        number=106,
        name="memory of the kernel: pages of files behind bytes in sockets",
        statuses=("ok", "killed"),
        code="""
file, pinned, held = os.open("/tmp/source", os.O_RDWR | os.O_CREAT), 0, []
ours, theirs = os.pipe()
splice = LIBC.splice
def move(source, offset, target, size):
    place = ctypes.byref(ctypes.c_int64(offset)) if offset is not None else None
    moved = splice(source, place, target, None, ctypes.c_size_t(size), 2)
    if moved < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return moved
try:
    while pinned < 400 << 20 and len(held) < 60:
        held.append(socket.socketpair())
        held[-1][0].setblocking(False)
        while pinned < 400 << 20:
            os.ftruncate(file, 0)
            os.pwrite(file, b"x" * 65536, 0)
            for number in range(16):
                move(file, number * 4096, theirs, 1)
            try:
                pinned += move(ours, None, held[-1][0].fileno(), 16) * 4096
            except BlockingIOError:
                os.read(ours, 16)
                break
except OSError as error:
    print("stopped", error)
print("LEAK pinned", pinned >> 20) if pinned > 300 << 20 else None
""",
    ),
    _hang(
        number=104,
        name="timers that fire without end",
        statuses=ENDS_ALL,
        says="",
        code="""
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.00001, 0.00001)
while True:
    try:
        time.sleep(1)
    except BaseException:
        pass
""",
    ),
)
