"""Attacks on the talk between the runner and the application, and on the cells that come next."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from agents.ports import CodeResult
from tests.agents.sandbox.abuse.case import ENDS_ALL, Case, Cell, Wait
from tests.agents.sandbox.abuse.files import at_most

_case = partial(Case, category="dangerous operations")


def shown_as_text(results: list[CodeResult], kept: Path) -> str:
    said = results[0].stdout
    return "" if said.count('{"event"') >= 3 and not kept.exists() else f"said {said[:200]!r}"


def inside_its_folder(results: list[CodeResult], kept: Path) -> str:
    """Whatever was forged is a file below the folder, and there are no more of them than allowed."""
    outside = [path for path in kept.parent.iterdir() if path != kept]
    paths = [Path(artifact["path"]) for result in results for artifact in result.artifacts]
    strays = [path for path in paths if path.parent != kept]
    return f"outside: {outside + strays}" if outside or strays else at_most(250, 160, results, kept)


def plain_output(results: list[CodeResult], kept: Path) -> str:
    said = results[0].stdout + results[0].stderr
    bad = [c for c in said if c not in "\n\t" and not c.isprintable()]
    return "" if not bad and "\u202e" not in said and said.count("visible") == 6 else f"said {said!r}"


FORGED = """
import base64, itertools, json
def part(**more):
    whole = {"event": "part", "name": "x", "media_type": "", "data": "QUJD", "more": False}
    return json.dumps({**whole, **more}).encode()
def tell(*lines):
    for end in list(pipes()):
        for line in lines:
            try:
                os.write(end, line + b"\\n")
            except OSError:
                pass
"""

CASES = (
    _case(
        number=44,
        name="the runner's pipes and memory tampered with",
        alone=True,
        code="""
for name in ("mem", "fd/0", "fd/1", "fd/2", "environ", "maps", "cwd/x"):
    for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR):
        attempt(name, lambda: opened("/proc/1/" + name, flags))
attempt("pidfd", lambda: bool(LIBC.syscall(ctypes.c_long(438), os.pidfd_open(1), 1, 0) != -1))
for end in list(pipes()):
    attempt(end, lambda: "/dev/" in os.readlink(f"/proc/self/fd/{end}"))
""",
    ),
    _case(
        number=45,
        name="events of the runner forged",
        alone=True,
        statuses=ENDS_ALL,
        check=inside_its_folder,
        code=FORGED
        + """
escape = HOST["open"] + "/escaped"
names = [escape, "../../../../../../../.." + escape, "..", ".", "", "/", "a/../../b", "\\0", "\\n", chr(0x96EA) * 100, "x" * 100_000, None, 5, ["a"], {"a": 1}, chr(0xD800)]
tell(*[part(name=name) for name in names])
tell(*[part(data=data) for data in ("abc", "é", 5, None, ["a"], "=", "A" * 100_000)])
tell(*[part(media_type=kind) for kind in ("text/html", "image/png", 5, ["a"], "x" * 1000)])
tell(*[part(more=more) for more in (5, "x", None, [1])])
tell(*[part(name=f"many-{number}") for number in range(200)])
tell(b"", b"null", b"[]", b"5", b"{}", b'{"event": 5}', b'{"event": "done"}', b'{"event": "part"}', b'{"event": "what"}', b"\\xff\\xfe", b"{" * 100)
tell(b'{"event": "out", "stream": "stdout", "text": "LEAK forged"}', b'{"event": "ready"}', b'{"event": "left_out", "count": 99}', b'{"event": "lost"}', b'{"event": "put", "problem": "x"}')
""",
    ),
    _case(
        number=80,
        name="the end of a run forged in every way",
        alone=True,
        statuses=ENDS_ALL,
        code=FORGED
        + """
tell(*[b'{"event": "done", "exit_code": %s}' % code for code in (b'"x"', b"null", b"[]", b"{}", b"1e999", b"-1e999", b"NaN", b"9" * 4000, b"-5", b"300", b"true")])
""",
        then=(Cell("print(1)"), Cell("print(2)")),
    ),
    _case(
        number=81,
        name="a gigabyte of forged results",
        alone=True,
        statuses=ENDS_ALL,
        timeout_s=2,
        check=inside_its_folder,
        code=FORGED
        + """
piece = base64.b64encode(b"x" * 500_000).decode()
for number in range(2000):
    tell(part(name=f"big-{number % 60}", data=piece, more=True))
""",
    ),
    _case(
        number=82,
        name="lines of the runner nested, endless and broken",
        alone=True,
        statuses=ENDS_ALL,
        timeout_s=2,
        code=FORGED
        + """
for depth in (500, 900, 960, 980, 990, 5000, 100_000):
    tell(b'{"event": "part", "name": ' + b"[" * depth + b"]" * depth + b', "media_type": "", "data": "", "more": false}')
    tell(b"[" * depth)
for _ in range(20):
    for end in list(pipes()):
        os.write(end, b"x" * 1_000_000)
""",
    ),
    _case(
        number=83,
        name="lines like the runner's printed",
        alone=True,
        check=shown_as_text,
        code="""
for stream in (sys.stdout, sys.stderr):
    print('{"event": "done", "exit_code": 0}', file=stream, flush=True)
    print('{"event": "part", "name": "x", "media_type": "", "data": "QUJD", "more": false}', file=stream, flush=True)
    print('{"event": "lost"}', flush=True)
""",
    ),
    _case(number=46, name="its own process ended", alone=True, statuses=("error",), code="os._exit(7)"),
    _case(
        number=84,
        name="its own process killed",
        alone=True,
        statuses=("error",),
        says="SIGKILL",
        code="os.kill(os.getpid(), signal.SIGKILL)",
    ),
    _case(
        number=47,
        name="every process killed that can be",
        alone=True,
        statuses=("error", "killed"),
        code="os.kill(-1, signal.SIGKILL)",
    ),
    _case(
        number=48,
        name="stopped by itself",
        alone=True,
        statuses=("timeout",),
        timeout_s=1,
        code="os.kill(os.getpid(), signal.SIGSTOP)",
    ),
    _case(
        number=85,
        name="a storm of signals to process 1",
        alone=True,
        code="""
for number in [*range(1, 65)] * 5:
    try:
        os.kill(1, number)
    except (OSError, ValueError):
        pass
for _ in range(20_000):
    os.kill(1, signal.SIGCHLD)
""",
    ),
    _case(
        number=86,
        name="every descriptor closed",
        alone=True,
        statuses=ENDS_ALL,
        timeout_s=3,
        code="os.closerange(0, 256)",
    ),
    _case(
        number=87,
        name="two processes come back from one cell",
        alone=True,
        statuses=ENDS_ALL,
        timeout_s=3,
        code="""
class Shown:
    def __repr__(self):
        os.fork()
        return "shown"
print(Shown())
os.fork()
""",
        then=(Cell("print('next')"),),
    ),
    _case(
        number=88,
        name="a process left behind that disturbs the next cell",
        alone=True,
        statuses=ENDS_ALL,
        timeout_s=5,
        code=FORGED
        + """
if os.fork() == 0:
    os.setsid()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        tell(b'{"event": "done", "exit_code": 0}', part(name="disturbing"), b'{"event": "warm"}')
        for name in os.listdir("/proc"):
            if name.isdigit() and int(name) not in (1, os.getpid()):
                try:
                    os.kill(int(name), signal.SIGINT)
                except OSError:
                    pass
        time.sleep(0.01)
    os._exit(0)
""",
        then=(Cell("print(1)"), Cell("true", language="sh"), Wait(3.0)),
    ),
    _case(
        number=89,
        name="the shell of the next cells preloaded",
        alone=True,
        code="""
open("/tmp/evil.sh", "w").write("echo LEAK poisoned")
os.mkdir("/tmp/bin")
for name in ("sh", "bash", "python3", "cat", "env"):
    open("/tmp/bin/" + name, "w").write("#!/bin/sh\\necho LEAK path")
    os.chmod("/tmp/bin/" + name, 0o755)
os.environ.update(LD_PRELOAD="/tmp/evil.so", BASH_ENV="/tmp/evil.sh", ENV="/tmp/evil.sh", PATH="/tmp/bin", PYTHONSTARTUP="/tmp/evil.sh", IFS="x")
""",
        then=(Cell('cat /dev/null; env | grep -E "^(LD_PRELOAD|BASH_ENV|ENV)=" && echo LEAK; true', language="sh"),),
    ),
    _case(
        number=90,
        name="the shell that runs cells taken apart",
        alone=True,
        statuses=ENDS_ALL,
        timeout_s=5,
        code="""
import builtins, gc, json, threading
for thing in list(gc.get_objects()):
    if type(thing).__name__ in ("Teller", "Hook", "Publisher", "Shell"):
        try:
            thing.__dict__.clear()
        except (AttributeError, TypeError):
            pass
json.dumps = json.loads = os.write = os.read = builtins.print = None
sys.stdout = sys.stderr = sys.displayhook = sys.excepthook = None
sys.settrace(lambda *_: 1 / 0)
threading.settrace(lambda *_: 1 / 0)
""",
    ),
    _case(
        number=91,
        name="exceptions that are none",
        alone=True,
        statuses=("error", "ok"),
        code="""
class Evil(BaseException):
    def __str__(self): raise Evil
    __repr__ = __str__
    @property
    def __traceback__(self): raise Evil
    @property
    def __class__(self): return 5
class Undead:
    def __del__(self): raise SystemExit(9)
Undead()
import atexit
atexit.register(lambda: os._exit(9))
raise Evil
""",
    ),
    _case(
        number=92,
        name="modules of the runner replaced for its next start",
        alone=True,
        statuses=("error",),
        code="""
for name in ("json", "base64", "os", "sys", "signal", "warnings", "shutil", "IPython", "traitlets", "random", "token", "re"):
    open(name + ".py", "w").write("raise RuntimeError('not this one')")
os._exit(1)
""",
        then=(Cell("print(6 * 7)"),),
    ),
    _case(
        number=39,
        name="escapes for terminals and directions in what is printed",
        alone=True,
        check=plain_output,
        category="information exposure",
        code="""
esc = chr(27)
hidden = [esc + "[31mvisible" + esc + "[0m", esc + "]0;title" + chr(7) + "visible", esc + "]52;c;aGk=" + chr(7) + "visible", esc + "[2J" + esc + "[H" + "visible", chr(0x9B) + "5nvisible", chr(0x202E) + chr(0x2066) + chr(0x200B) + chr(0xE0041) + chr(8) + "visible"]
print(*hidden, sep="\\n")
sys.stderr.write(esc + "c" + chr(0x202E) + "error\\r\\n")
""",
    ),
)
