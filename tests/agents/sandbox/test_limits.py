"""Code that takes too much, never ends or does not want to die."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from agents.ports import CodeResult, Sandbox
from tests.agents.sandbox.conftest import bubblewrap

REPOSITORY = Path(__file__).parents[3]

APPLICATION = """
import sys
from agents.sandbox import open_sandbox
from configs.settings import SandboxSettings
print(open_sandbox(SandboxSettings()).run(sys.argv[1]).stdout, end="")
"""

HANGS = {
    "busy loop": "while True: pass",
    "sleep": "import time; time.sleep(60)",
    "signals ignored": """
import signal
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
while True: pass
""",
    "stopped by itself": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
    "stuck in C": "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')",
    "waiting for a child": "import subprocess; subprocess.run(['sleep', '60'])",
}

MEMORY_BOMBS = {
    "one process": """
held = []
while True: held.append(b'x' * 10_000_000)
""",
    "many processes": """
import os, time
for _ in range(10):
    if os.fork() == 0:
        held = os.urandom(20_000_000)
        time.sleep(60)
time.sleep(60)
""",
    "a share it hides": """
import ctypes
ctypes.CDLL(None).prctl(4, 0)
held = []
while True: held.append(b'x' * 10_000_000)
""",
    "files": """
import os
for mount in ('/tmp', '/dev/shm', '/workspace'):
    file = os.open(f'{mount}/bomb', os.O_CREAT | os.O_WRONLY)
    try:
        while os.write(file, b'x' * 1_000_000): pass
    except OSError: pass
""",
    "empty files": """
import os
n = 0
while True:
    os.close(os.open(f'/tmp/{n}', os.O_CREAT | os.O_WRONLY))
    n += 1
""",
}

FLOODS = {
    "endless print": "while True: print('x' * 1000)",
    "endless stderr": "import sys\nwhile True: sys.stderr.write('x' * 1000)",
    "one huge write": "import os\nos.write(1, b'x' * 200_000_000)",
    "from every process": "import os\n[os.fork() for _ in range(4)]\nwhile True: print('x' * 1000)",
    "just over": "print('x' * 20_000)",
}


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in HANGS.items()])
def test_a_hang_ends_at_its_deadline(code: str, sandbox: Sandbox) -> None:
    result = sandbox.run(f"print('begun')\n{code}", timeout_s=1)

    assert (result.status, result.exit_code) == ("timeout", None)
    assert result.stdout == "begun\n"
    assert result.stderr.endswith("The run was ended: it took longer than 1 s.")
    assert 1000 <= result.ms < 3000


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in MEMORY_BOMBS.items()])
def test_a_memory_bomb_is_ended(code: str) -> None:
    result = bubblewrap(memory_mb=128).run(code, timeout_s=20)

    assert result.status == "killed"
    assert result.stderr.endswith("The run was ended: it used more than 128 MB of memory.")


def test_shared_pages_of_forked_processes_count_once() -> None:
    code = """
import os, time
held = os.urandom(60_000_000)
children = [os.fork() or time.sleep(0.5) or os._exit(0) for _ in range(10)]
print(len([os.waitpid(child, 0) for child in children]))
"""
    result = bubblewrap(memory_mb=128).run(code)

    assert (result.status, result.stdout) == ("ok", "10\n")


def test_one_huge_allocation_is_an_ordinary_error(sandbox: Sandbox) -> None:
    result = sandbox.run("held = bytearray(10**10)")

    assert result.status == "error"
    assert result.stderr.endswith("MemoryError\n")


def test_memory_file_systems_have_a_size(sandbox: Sandbox) -> None:
    code = """
import os
for mount in ('/tmp', '/dev/shm', '/workspace'):
    usage = os.statvfs(mount)
    print(mount, usage.f_blocks * usage.f_frsize // 1024 // 1024)
"""
    assert sandbox.run(code).stdout == "/tmp 64\n/dev/shm 64\n/workspace 256\n"


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in FLOODS.items()])
def test_a_flood_of_output_is_ended_and_cut(code: str) -> None:
    before = psutil.Process().memory_info().rss
    result = bubblewrap(output_chars=10_000).run(code)

    assert result.status == "killed"
    assert result.stderr.endswith("The run was ended: it printed more than 10000 characters.")
    assert 9_000 < len(result.stdout + result.stderr) < 10_100
    assert psutil.Process().memory_info().rss - before < 64 * 1024 * 1024


def test_output_up_to_the_limit_is_kept() -> None:
    result = bubblewrap(output_chars=10_000).run("print('é' * 9_999)")

    assert (result.status, result.stdout) == ("ok", "é" * 9_999 + "\n")


def test_a_fork_bomb_is_bounded(sandbox: Sandbox) -> None:
    code = """
import os, time
forks = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(60)
        forks += 1
except OSError as error:
    print(forks, error.strerror)
"""
    result = sandbox.run(code)

    forks, _, reason = result.stdout.partition(" ")
    assert 10 < int(forks) < 64
    assert reason == "Resource temporarily unavailable\n"


def test_a_daemon_does_not_survive_its_run(sandbox: Sandbox) -> None:
    marker = f"4{secrets.randbelow(10**8):08d}"
    code = f"""
import glob, os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for descriptor in range(3):
            os.close(descriptor)
        os.execv('/bin/sleep', ['sleep', '{marker}'])
    os._exit(0)
while not any('{marker}' in open(path).read() for path in glob.glob('/proc/4/cmdline')):
    time.sleep(0.01)
print('daemon runs')
"""
    result = sandbox.run(code)

    assert (result.status, result.stdout) == ("ok", "daemon runs\n")
    assert not _processes_with(marker)


def test_a_user_can_stop_a_run(sandbox: Sandbox) -> None:
    stop = threading.Event()
    with ThreadPoolExecutor() as pool:
        run = pool.submit(sandbox.run, "print('begun')\nwhile True: pass", stop=stop)
        time.sleep(1)
        stop.set()
        asked = time.monotonic()
        result = run.result()

    assert time.monotonic() - asked < 0.5
    assert (result.status, result.stdout) == ("killed", "begun\n")
    assert result.stderr == "The run was ended: the user stopped it."


def test_runs_side_by_side_do_not_see_each_other(sandbox: Sandbox) -> None:
    code = """
import os, time
open('/workspace/mine', 'w').write('{0}')
open('/tmp/mine', 'w').write('{0}')
time.sleep(0.3)
print(open('/workspace/mine').read(), open('/tmp/mine').read(), sorted(os.listdir('/workspace')))
"""
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda n: sandbox.run(code.replace("{0}", str(n))), range(6)))

    assert [r.stdout for r in results] == [f"{n} {n} ['main.py', 'mine']\n" for n in range(6)]


def test_nothing_remains_for_the_next_run(sandbox: Sandbox) -> None:
    sandbox.run("open('/workspace/left', 'w').write('x'); open('/tmp/left', 'w').write('x')")

    result = sandbox.run("import os; print(os.listdir('/workspace'), os.listdir('/tmp'), os.listdir('/dev/shm'))")

    assert result.stdout == "['main.py'] [] []\n"


def test_runs_work_from_threads_that_end(sandbox: Sandbox) -> None:
    results: list[CodeResult] = []
    for _ in range(3):
        thread = threading.Thread(target=lambda: results.append(sandbox.run("print('here')")))
        thread.start()
        thread.join()

    assert [r.stdout for r in results] == ["here\n"] * 3


def test_no_process_of_a_run_belongs_to_root(sandbox: Sandbox) -> None:
    stop = threading.Event()
    with ThreadPoolExecutor() as pool:
        run = pool.submit(sandbox.run, "import time; time.sleep(60)", stop=stop)
        _until(lambda: len(_of_the_run()) == 3)
        inside = _of_the_run()
        users = {uid for process in inside for uid in process.uids()}
        groups = {Path(f"/proc/{p.pid}/status").read_text().split("Groups:")[1].splitlines()[0] for p in inside}
        stop.set()
        run.result()

    assert users == {os.getuid() or 65534}
    assert os.getuid() != 0 or groups == {"\t "}


def test_a_run_does_not_get_the_input_of_the_application() -> None:
    application = subprocess.run(
        [sys.executable, "-c", APPLICATION, "print('read', repr(open(0).read()))"],
        input="secret",
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
    )

    assert application.stdout == "read ''\n", application


def test_an_application_that_inherits_orphans_keeps_no_zombies() -> None:
    subreaper = "import ctypes, os, psutil; ctypes.CDLL(None).prctl(36, 1)"  # as process 1 of a container is
    zombies = "print([p.status() for p in psutil.Process().children()])"
    program = "\n".join([subreaper, *[APPLICATION] * 3, zombies])

    application = subprocess.run(
        [sys.executable, "-c", program, "print('ran')"], capture_output=True, text=True, cwd=REPOSITORY
    )

    assert application.stdout == "ran\nran\nran\n[]\n", application


def test_a_run_dies_with_the_application() -> None:
    marker = f"4{secrets.randbelow(10**8):08d}"
    code = f"import subprocess; subprocess.run(['sleep', '{marker}'])"
    application = subprocess.Popen([sys.executable, "-c", APPLICATION, code], cwd=REPOSITORY)
    _until(lambda: bool(_processes_named("sleep", marker)))

    application.send_signal(signal.SIGKILL)
    application.wait()

    _until(lambda: not _processes_named("sleep", marker))


def _of_the_run() -> list[psutil.Process]:
    """bubblewrap outside, process 1 inside, and the code."""
    return [p for p in psutil.Process().children(recursive=True) if p.name() in ("bwrap", "python3")]


def _processes_with(marker: str) -> list[psutil.Process]:
    return [p for p in psutil.process_iter(["cmdline"]) if marker in " ".join(p.info["cmdline"] or [])]


def _processes_named(name: str, marker: str) -> list[psutil.Process]:
    return [p for p in _processes_with(marker) if p.info["cmdline"][0] == name]


def _until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.05)
