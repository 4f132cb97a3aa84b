"""What the keeper promises for walls without namespaces: an end of everything, nothing left on disk, limits noticed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psutil
import pytest

from agents.errors import SandboxUnavailable
from agents.sandbox.command import MB, Interpreter
from agents.sandbox.landlock import LandlockWall
from agents.sandbox.unsandboxed import UnsandboxedWall
from agents.sandbox.walls import Box
from tests.agents.sandbox.boxes import (
    DAEMON,
    REPOSITORY,
    begin,
    interpreter,
    line,
    new_marker,
    printed,
    sleepers,
    until,
)

HIDING = {
    "a child": "subprocess.Popen(['/bin/sleep', CONFIG['marker']])",
    "a daemon": "daemon('/bin/sleep', CONFIG['marker'])",
    "fifty daemons": "[daemon('/bin/sleep', CONFIG['marker']) for _ in range(50)]",
    "a daemon of a child": """
subprocess.run(['/bin/sh', '-c', 'setsid -f /bin/sleep ' + CONFIG['marker']])
""",
    "a daemon that is stopped": """
import glob, signal
child = subprocess.Popen(['/bin/sleep', CONFIG['marker']], start_new_session=True)
os.kill(child.pid, signal.SIGSTOP)
""",
    "one that ignores signals": """
subprocess.Popen(['/bin/sh', '-c', 'trap "" TERM HUP INT; /bin/sleep ' + CONFIG['marker']], start_new_session=True)
""",
    "one below a reaper of its own": """
import ctypes
if os.fork() == 0:
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    daemon('/bin/sleep', CONFIG['marker'])
    os.execv('/bin/sleep', ['/bin/sleep', CONFIG['marker']])
""",
}
BOMB = """
import resource, time
daemon("/bin/sleep", CONFIG["marker"])
print("ready", flush=True)
resource.setrlimit(resource.RLIMIT_NPROC, (CONFIG["processes"],) * 2)
while True:
    try:
        if os.fork() == 0:
            os.setsid()
    except OSError:
        pass
"""
OPEN = """
import os

def is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True

print([descriptor for descriptor in range(3, 256) if is_open(descriptor)])
"""
READY = "\nprint('ready', flush=True)\n"
STAY = f"{READY}import time; time.sleep(60)"

APPLICATION = """
import os, sys, time
from agents.sandbox.landlock import LandlockWall
from agents.sandbox.unsandboxed import UnsandboxedWall
from tests.agents.sandbox.boxes import begin, interpreter, line
wall = {"landlock": LandlockWall, "unsandboxed": UnsandboxedWall}[sys.argv[1]]
box = begin(wall(interpreter=interpreter()), sys.argv[2], marker=sys.argv[3])
assert line(box) == "ready"
print(box.inside.workspace, flush=True)
if os.fork() == 0:  # has our end of every pipe, and lives on
    time.sleep(30)
    os._exit(0)
time.sleep(60)
"""


KeptWall = LandlockWall | UnsandboxedWall


@pytest.fixture(params=[LandlockWall, UnsandboxedWall], ids=["landlock", "unsandboxed"])
def wall(request: pytest.FixtureRequest) -> KeptWall:
    kind: type[KeptWall] = request.param
    return kind(interpreter=interpreter())


def place(box: Box) -> Path:
    return Path(box.inside.workspace).parent


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in HIDING.items()])
def test_nothing_survives_a_buried_box(wall: KeptWall, code: str) -> None:
    marker = new_marker()
    box = begin(wall, DAEMON + code + STAY, marker=marker)
    assert line(box) == "ready"
    until(lambda: bool(sleepers(marker)))

    box.bury()

    assert sleepers(marker) == []
    assert not place(box).exists()


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in HIDING.items()])
def test_nothing_survives_the_end_of_the_runner(wall: KeptWall, code: str) -> None:
    marker = new_marker()
    box = begin(wall, f"{DAEMON}{code}{READY}input_of_test = os.read(0, 1); sys.exit(3)", marker=marker)
    assert line(box) == "ready"
    until(lambda: bool(sleepers(marker)))

    assert box.process.stdin is not None
    box.process.stdin.write(b"x")
    box.process.stdin.flush()

    assert box.process.wait(10) == 3
    assert sleepers(marker) == []
    assert not place(box).exists()
    box.bury()


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in HIDING.items()])
def test_nothing_survives_an_application_that_is_killed(wall: KeptWall, code: str) -> None:
    marker = new_marker()
    application = subprocess.Popen(
        [sys.executable, "-c", APPLICATION, wall.name, DAEMON + code + STAY, marker],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert application.stdout is not None
    workspace = application.stdout.readline().strip()
    until(lambda: bool(sleepers(marker)))
    assert Path(workspace).exists()
    heirs = psutil.Process(application.pid).children()

    application.kill()
    application.wait()

    until(lambda: not sleepers(marker))
    until(lambda: not Path(workspace).parent.exists())
    for heir in heirs:
        if heir.is_running():
            heir.kill()
    application.stdout.close()


def test_nothing_survives_of_code_that_forks_without_end(wall: KeptWall) -> None:
    marker = new_marker()
    other = wall.start()
    processes = (other.inside.processes or 0) - 128
    other.bury()
    box = begin(wall, DAEMON + BOMB, marker=marker, processes=processes)
    assert line(box) == "ready"
    until(lambda: len(psutil.Process(box.process.pid).children(recursive=True)) > 100)

    box.bury()

    assert sleepers(marker) == []
    assert not place(box).exists()
    keeper = box.process.pid
    assert not [p for p in psutil.process_iter(["ppid"]) if p.info["ppid"] == keeper]


def test_a_box_lives_on_after_the_thread_that_began_it(wall: KeptWall) -> None:
    boxes: list[Box] = []
    thread = threading.Thread(target=lambda: boxes.append(begin(wall, "import os; print(os.read(0, 5).decode())")))
    thread.start()
    thread.join()

    assert boxes[0].process.stdin is not None
    boxes[0].process.stdin.write(b"alive")
    boxes[0].process.stdin.flush()

    assert line(boxes[0]) == "alive"
    boxes[0].bury()


def test_a_box_may_be_killed_and_buried_again_and_again(wall: KeptWall) -> None:
    box = begin(wall, STAY)
    assert line(box) == "ready"

    for _ in range(2):
        box.kill()
        box.bury()

    assert box.process.poll() is not None
    assert not place(box).exists()


def test_a_keeper_that_is_asked_to_end_takes_all_with_it(wall: KeptWall) -> None:
    marker = new_marker()
    box = begin(wall, f"{DAEMON}daemon('/bin/sleep', CONFIG['marker']){STAY}", marker=marker)
    assert line(box) == "ready"
    until(lambda: bool(sleepers(marker)))

    box.process.terminate()

    box.process.wait(10)
    assert sleepers(marker) == []
    assert not place(box).exists()
    box.bury()


def test_a_keeper_that_is_stopped_is_ended_all_the_same(wall: KeptWall) -> None:
    marker = new_marker()
    box = begin(wall, f"{DAEMON}daemon('/bin/sleep', CONFIG['marker']){STAY}", marker=marker)
    assert line(box) == "ready"
    until(lambda: bool(sleepers(marker)))
    box.process.send_signal(signal.SIGSTOP)

    box.bury()

    assert sleepers(marker) == []
    assert not place(box).exists()


def test_orphans_are_reaped_while_the_runner_lives(wall: KeptWall) -> None:
    box = begin(wall, f"{DAEMON}[daemon('/bin/true') for _ in range(20)]{STAY}")
    assert line(box) == "ready"

    until(lambda: len(psutil.Process(box.process.pid).children(recursive=True)) == 1)
    box.bury()


HOSTILE_FOLDERS = {
    "deep": """
for _ in range(1200):
    os.mkdir("d" * 100)
    os.chdir("d" * 100)
    open("file", "w").close()
""",
    "closed": """
os.makedirs("a/b/c")
open("a/b/file", "w").close()
for path in ("a/b/c", "a/b", "a"):
    os.chmod(path, 0)
os.mkdir("unreadable", 0)
""",
    "oddly named": r"""
for name in (b"\xff\xfe", b"-rf", b"new\nline", b" ", "\u202e".encode(), b"x" * 255):
    os.mkdir(name)
    open(name + b"/" + name, "w").close()
os.mkfifo("pipe")
""",
    "linked": """
os.symlink(CONFIG["outside"], "link")
os.mkdir("folder")
os.symlink(CONFIG["outside"], "folder/link")
os.symlink("/", os.environ["TMPDIR"] + "/link")
""",
    "full": """
for number in range(2000):
    open(f"{number}", "w").close()
""",
}


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in HOSTILE_FOLDERS.items()])
def test_nothing_is_left_on_disk_and_nothing_else_is_removed(wall: KeptWall, code: str, world: Path) -> None:
    (world / "kept").write_text("kept", encoding="utf-8")
    world.chmod(0o777)
    box = begin(wall, f"import os\n{code}{STAY}", outside=str(world))
    assert line(box) == "ready"

    box.bury()

    assert not place(box).exists()
    assert (world / "kept").read_text(encoding="utf-8") == "kept"


GREEDY = {
    "files": "open('big', 'wb').write(bytes(60 << 20))",
    "files in /tmp": "open(os.environ['TMPDIR'] + '/big', 'wb').write(bytes(60 << 20))",
    "many files": "for n in range(45_000): os.close(os.open(str(n), os.O_CREAT))",
    "deleted files": """
file = open('big', 'wb')
os.unlink('big')
file.write(bytes(60 << 20))
file.flush()
""",
    "files without a name": """
import tempfile
file = tempfile.TemporaryFile()
file.write(bytes(60 << 20))
file.flush()
""",
    "folders too deep to count": """
for _ in range(200):
    os.mkdir('d')
    os.chdir('d')
""",
    "memory": "held = b'x' * (60 << 20)",
    "memory of a daemon": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        held = b'x' * (60 << 20)
        time.sleep(60)
    os._exit(0)
os.wait()
""",
}


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in GREEDY.items()])
def test_what_takes_too_much_is_noticed(wall: KeptWall, code: str) -> None:
    box = begin(wall, f"import os, time\n{code}{STAY}")
    try:
        assert not box.exceeds(1024 * MB)
        assert line(box) == "ready"

        until(lambda: box.exceeds(40 * MB))
    finally:
        box.bury()


def test_what_takes_little_is_not(wall: KeptWall) -> None:
    box = begin(wall, f"open('small', 'wb').write(bytes(20 << 20)){STAY}")
    assert line(box) == "ready"
    looks = [box.exceeds(96 * MB) for _ in range(50)]
    until(lambda: box.exceeds(20 * MB))  # so the disk has been looked at
    box.bury()

    assert not any(looks)


def test_a_box_tells_how_many_processes_its_user_may_have(wall: KeptWall) -> None:
    first = wall.start()
    second = wall.start()
    try:
        assert first.inside.processes is not None
        assert second.inside.processes is not None
        assert second.inside.processes - first.inside.processes >= 2
    finally:
        first.bury()
        second.bury()


def test_boxes_of_root_belong_to_nobody(wall: KeptWall) -> None:
    told = printed(wall, "import os; print(os.getresuid(), os.getresgid(), os.getgroups())").split("\n")[0]

    expected = 65534 if os.getuid() == 0 else os.getuid()
    assert told.startswith(f"({expected}, {expected}, {expected})")
    assert os.getuid() != 0 or told == f"{(65534,) * 3} {(65534,) * 3} []"


def test_code_gets_an_environment_of_its_own(wall: KeptWall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDTABLE_LLM__API_KEY", "sk-canary")

    told = printed(wall, "import os; print(sorted(os.environ)); print(os.environ)")

    assert "sk-canary" not in told
    names = eval(told.split("\n")[0])  # noqa: S307 - our own code printed it
    assert set(names) <= {
        *("HOME", "TMPDIR", "PATH", "LANG", "LC_CTYPE", "MALLOC_ARENA_MAX", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"),
        *("IPYTHONDIR", "MPLCONFIGDIR"),
    }


def test_code_gets_no_descriptor_but_its_pipes(wall: KeptWall, world: Path) -> None:
    with (world / "canary").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        told = printed(wall, OPEN)

    assert told == "[]\n"


def test_folders_are_private(wall: KeptWall) -> None:
    box = begin(wall, STAY)
    assert line(box) == "ready"
    modes = {p.stat().st_mode & 0o777 for p in (place(box), Path(box.inside.workspace))}
    box.bury()

    assert modes == {0o700}
    assert place(box).parent == Path(tempfile.gettempdir())


def test_a_python_that_is_not_there_is_said(wall: KeptWall) -> None:
    with pytest.raises(SandboxUnavailable, match=r"python0 cannot be started: .*No such file"):
        type(wall)(interpreter=Interpreter("/usr/bin/python0")).start()


def test_a_program_that_is_no_keeper_is_said(wall: KeptWall) -> None:
    with pytest.raises(SandboxUnavailable, match="The sandbox cannot be set up: "):
        type(wall)(interpreter=Interpreter("/bin/false")).start()
