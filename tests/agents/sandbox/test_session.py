"""Sessions: what lives on, what is lost, and that the difference is told."""

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

from agents.ports import CodeResult, Sandbox, Session
from tests.agents.sandbox.conftest import bubblewrap

REPOSITORY = Path(__file__).parents[3]
LOST = "The variables and files of the session are lost."
VARIABLES_LOST = "The variables of the session are lost; its files are there."

INTERRUPTIBLE = {
    "sleep": "import time; time.sleep(60)",
    "busy loop": "while True: pass",
    "waiting for a child": "import subprocess; subprocess.run(['sleep', '60'])",
    "shell from Python": "!sleep 60",
    "catastrophic backtracking": "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')",
}
STUBBORN = {
    "interrupts ignored": "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
    "interrupts swallowed": "while True:\n    try:\n        while True: sum(range(99))\n    except BaseException: pass",
    "stuck in C": "import itertools; all(itertools.repeat(True))",
    "stopped by itself": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
}
DEATHS = {
    "exit of the process": ("import os; os._exit(4)", 4, ""),
    "segmentation fault": ("import ctypes; ctypes.string_at(0)", 139, "exit code 139 (SIGSEGV)"),
    "killed by itself": ("import os; os.kill(os.getpid(), 9)", 137, "exit code 137 (SIGKILL)"),
}


def alive(marker: str) -> list[int]:
    return [p.pid for p in psutil.process_iter(["cmdline"]) if marker in " ".join(p.info["cmdline"] or [])]


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.02)


def a_sleeper() -> tuple[str, str]:
    """A number no other process is called with, and code that leaves such a process running."""
    marker = f"4{secrets.randbelow(10**8):08d}"
    return marker, f"import subprocess; _ = subprocess.Popen(['setsid', 'sleep', '{marker}'])"


def test_variables_imports_functions_and_files_live_on(session: Session) -> None:
    session.run(
        "import math\nradius = 2\ndef area(): return round(math.pi * radius ** 2)\nopen('f', 'w').write('kept')"
    )
    session.run("radius = 10")

    result = session.run("print(area(), open('f').read())")

    assert (result.status, result.stdout, result.state_lost) == ("ok", "314 kept\n", False)


def test_the_last_value_is_shown(session: Session) -> None:
    assert session.run("x = 20\nx + 1").stdout == "21\n"
    assert session.run("x + 1;").stdout == ""
    assert session.run("None").stdout == ""


def test_a_shell_sees_the_same_files(session: Session) -> None:
    session.run("open('numbers.txt', 'w').write('3\\n1\\n2\\n')")

    assert session.run("sort numbers.txt > sorted.txt && cat sorted.txt", language="sh").stdout == "1\n2\n3\n"
    assert session.run("open('sorted.txt').read()").stdout == "'1\\n2\\n3\\n'\n"
    assert session.run("exit 3", language="sh").exit_code == 3


def test_an_error_keeps_what_was_there(session: Session) -> None:
    session.run("x = 1")

    result = session.run("x = 2\n1 / 0")

    assert (result.status, result.exit_code, result.state_lost) == ("error", 1, False)
    assert "----> 2 1 / 0" in result.stderr
    assert result.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert session.run("x").stdout == "2\n"


@pytest.mark.parametrize(
    ("code", "end"),
    [("def f(:\n  pass", "SyntaxError: invalid syntax\n"), ("import nonsense", "No module named 'nonsense'\n")],
)
def test_what_python_refuses_is_an_error(code: str, end: str, session: Session) -> None:
    result = session.run(code)

    assert (result.status, result.exit_code, result.state_lost) == ("error", 1, False)
    assert result.stderr.rstrip("\n").endswith(end.rstrip("\n"))


@pytest.mark.parametrize(
    ("code", "exit_code", "stderr"),
    [("import sys; sys.exit(3)", 3, ""), ("exit", 0, ""), ("raise SystemExit('no')", 1, "no\n")],
)
def test_an_exit_ends_the_cell_and_not_the_session(code: str, exit_code: int, stderr: str, session: Session) -> None:
    session.run("x = 5")

    result = session.run(code)

    assert (result.exit_code, result.stderr) == (exit_code, stderr)
    assert session.run("x").stdout == "5\n"


def test_reading_input_ends_at_once(session: Session) -> None:
    result = session.run("input('name? ')", timeout_s=5)

    assert result.status == "error"
    assert "EOFError" in result.stderr


def test_sessions_never_see_each_other(sandbox: Sandbox) -> None:
    one, other = sandbox.session(), sandbox.session()
    one.run("secret = 41\nfor folder in ('/workspace', '/tmp', '/dev/shm'): open(folder + '/s', 'w').write('41')")

    seen = other.run(
        "import os, glob; print('secret' in dir(), *map(os.path.exists, ['/workspace/s', '/tmp/s', '/dev/shm/s']))"
    )
    pids = other.run("len(glob.glob('/proc/[0-9]*'))")

    assert seen.stdout == "False False False False\n"
    assert pids.stdout == "2\n"
    one.close()
    other.close()


@pytest.mark.parametrize("code", INTERRUPTIBLE.values(), ids=INTERRUPTIBLE)
def test_a_hung_cell_is_interrupted_and_the_state_is_kept(code: str, session: Session) -> None:
    session.run("x = 5")

    result = session.run(f"print('begun')\n{code}", timeout_s=0.5)

    assert (result.status, result.exit_code, result.state_lost) == ("timeout", None, False)
    assert result.stdout.startswith("begun\n")
    assert result.stderr.endswith("The run was ended: it took longer than 0.5 s.")
    assert result.ms < 3500
    assert session.run("x").stdout == "5\n"


@pytest.mark.parametrize("code", STUBBORN.values(), ids=STUBBORN)
def test_a_cell_that_resists_is_killed_and_the_loss_is_told(code: str, session: Session) -> None:
    session.run("x = 5")

    result = session.run(f"print('begun')\n{code}", timeout_s=0.5)

    assert (result.status, result.stdout, result.state_lost) == ("timeout", "begun\n", True)
    assert result.stderr.endswith(f"The run was ended: it took longer than 0.5 s.\n{LOST}")
    assert result.ms < 3500
    after = session.run("print('x' in dir())")
    assert (after.stdout, after.state_lost) == ("False\n", False)


def test_a_hung_shell_command_costs_no_state(session: Session) -> None:
    session.run("x = 5")

    result = session.run("echo begun; sleep 60", language="sh", timeout_s=0.5)

    assert (result.status, result.stdout, result.state_lost) == ("timeout", "begun\n", False)
    assert session.run("x").stdout == "5\n"


def test_a_user_stops_a_cell_within_a_second(session: Session) -> None:
    session.run("x = 5")
    stop = threading.Event()
    with ThreadPoolExecutor() as pool:
        run = pool.submit(session.run, "open('begun', 'w')\nwhile True: pass", stop=stop)
        time.sleep(0.5)
        stop.set()
        asked = time.monotonic()
        result = run.result()

    assert time.monotonic() - asked < 1
    assert (result.status, result.state_lost) == ("killed", False)
    assert result.stderr.endswith("The run was ended: the user stopped it.")
    assert session.run("x").stdout == "5\n"


def test_a_cell_that_waits_for_its_turn_can_be_stopped(session: Session) -> None:
    stop = threading.Event()
    with ThreadPoolExecutor() as pool:
        first = pool.submit(session.run, "import time; time.sleep(1.5); print('first')")
        time.sleep(0.3)
        second = pool.submit(session.run, "print('second')", stop=stop)
        stop.set()

        assert second.result(1).status == "killed"
        assert first.result().stdout == "first\n"


@pytest.mark.parametrize(("code", "exit_code", "cause"), DEATHS.values(), ids=DEATHS)
def test_a_crash_is_told_by_its_cause(code: str, exit_code: int, cause: str, session: Session) -> None:
    session.run("x = 5; open('f', 'w').write('kept')")

    result = session.run(f"print('begun')\n{code}")

    assert (result.status, result.exit_code, result.stdout, result.state_lost) == ("error", exit_code, "begun\n", True)
    assert cause in result.stderr
    assert result.stderr.endswith(VARIABLES_LOST)
    after = session.run("print('x' in dir(), open('f').read())")
    assert (after.stdout, after.state_lost) == ("False kept\n", False)


def test_a_crash_between_two_cells_is_told_with_the_next(session: Session) -> None:
    session.run("import os, threading\nthreading.Timer(0.3, os._exit, [7]).start()")
    time.sleep(1)

    result = session.run("print('os' in dir())")

    assert (result.stdout, result.state_lost) == ("False\n", True)


def test_a_memory_bomb_is_told_by_its_cause() -> None:
    session = bubblewrap(memory_mb=200).session()

    result = session.run("held = []\nwhile True: held.append(bytearray(10_000_000))", timeout_s=20)

    assert (result.status, result.state_lost) == ("killed", True)
    assert result.stderr.endswith(f"The run was ended: it used more than 200 MB of memory.\n{LOST}")
    assert session.run("print('again')").stdout == "again\n"
    session.close()


def test_a_flood_is_interrupted_and_the_state_is_kept() -> None:
    session = bubblewrap(output_chars=10_000).session()
    session.run("x = 5")
    before = psutil.Process().memory_info().rss

    result = session.run("while True: print('y' * 1000)", timeout_s=20)

    assert (result.status, result.state_lost) == ("killed", False)
    assert "it printed more than 10000 characters" in result.stderr
    assert len(result.stdout) <= 10_000
    assert psutil.Process().memory_info().rss - before < 64 * 1024 * 1024
    assert session.run("x").stdout == "5\n"
    session.close()


def test_what_the_background_prints_belongs_to_no_cell(session: Session) -> None:
    session.run(
        """
import threading
def talk():
    while True: print('noise' * 100)
threading.Thread(target=talk, daemon=True).start()
""",
        timeout_s=5,
    )
    time.sleep(0.5)

    result = session.run("#" * 900_000 + "\nx = 1", timeout_s=10)

    assert not result.state_lost


def test_an_idle_session_ends_and_the_next_cell_is_told() -> None:
    session = bubblewrap(idle_s=0.5).session()
    marker, leave = a_sleeper()
    session.run(f"x = 5\n{leave}")
    assert alive(marker)

    until(lambda: not alive(marker), 5)

    result = session.run("print('x' in dir())")
    assert (result.stdout, result.state_lost) == ("False\n", True)
    assert not session.run("1").state_lost
    session.close()


def test_a_long_cell_is_not_idle() -> None:
    session = bubblewrap(idle_s=0.3).session()

    assert session.run("import time; time.sleep(1.2); print('done')").stdout == "done\n"
    session.close()


def test_a_closed_session_leaves_nothing_and_refuses(session: Session) -> None:
    marker, leave = a_sleeper()
    session.run(leave)
    assert alive(marker)

    session.close()

    assert not alive(marker)
    result = session.run("1")
    assert (result.status, result.stderr) == ("refused", "The session is closed; begin a new one.")


def test_closing_ends_the_cell_under_way(session: Session) -> None:
    with ThreadPoolExecutor() as pool:
        run = pool.submit(session.run, "import time; time.sleep(60)")
        time.sleep(0.5)
        session.close()
        result = run.result(3)

    assert (result.status, result.state_lost) == ("killed", True)


def test_closing_the_sandbox_ends_its_sessions() -> None:
    sandbox = bubblewrap(warm=2)
    sandbox.warm_up()
    marker, leave = a_sleeper()
    session = sandbox.session()
    session.run(leave)
    until(lambda: len(psutil.Process().children()) >= 3)

    sandbox.close()

    assert not alive(marker)
    until(lambda: not [p for p in psutil.Process().children() if p.name() == "bwrap"])
    assert session.run("1").status == "refused"


def test_a_warm_session_has_never_run_code_and_is_there_at_once() -> None:
    sandbox = bubblewrap(warm=1)
    sandbox.warm_up()
    until(lambda: any(p.name() == "bwrap" for p in psutil.Process().children()))
    first = sandbox.session()
    first.run("x = 1")

    second = sandbox.session()

    assert second.run("print('x' in dir())").stdout == "False\n"
    sandbox.close()


def test_a_backend_that_vanishes_is_a_result(session: Session) -> None:
    marker, leave = a_sleeper()
    session.run(leave)
    with ThreadPoolExecutor() as pool:
        run = pool.submit(session.run, "import time; time.sleep(60)")
        time.sleep(0.3)
        for process in psutil.Process().children():
            if process.name() == "bwrap":
                process.kill()
        result = run.result(5)

    assert (result.status, result.exit_code, result.state_lost) == ("killed", None, True)
    assert result.stderr.endswith(f"The sandbox ended while the code was running.\n{LOST}")
    until(lambda: not alive(marker))


def test_a_backend_that_vanished_between_cells_is_started_again(session: Session) -> None:
    session.run("x = 5")
    for process in psutil.Process().children():
        if process.name() == "bwrap":
            process.kill()
            process.wait()

    result = session.run("print('x' in dir())")

    assert (result.status, result.stdout, result.state_lost) == ("ok", "False\n", True)


def test_sessions_outlive_the_thread_that_began_them(session: Session) -> None:
    thread = threading.Thread(target=session.run, args=("x = 5",))
    thread.start()
    thread.join()
    time.sleep(0.2)

    assert session.run("x").stdout == "5\n"


def test_nothing_survives_a_killed_application() -> None:
    marker, leave = a_sleeper()
    program = f"""
import time
from agents.sandbox import open_sandbox
from configs.settings import SandboxSettings
sandbox = open_sandbox(SandboxSettings(backends=("bubblewrap",), warm=1))
sandbox.warm_up()
print(sandbox.session().run({leave!r}).status, flush=True)
time.sleep(60)
"""
    application = subprocess.Popen([sys.executable, "-c", program], cwd=REPOSITORY, stdout=subprocess.PIPE)
    assert application.stdout is not None
    assert application.stdout.readline() == b"ok\n"
    boxes = psutil.Process(application.pid).children(recursive=True)
    assert boxes
    assert alive(marker)

    application.send_signal(signal.SIGKILL)
    application.wait()

    until(lambda: not alive(marker) and not any(p.is_running() and p.status() != "zombie" for p in boxes))


def test_twenty_sessions_at_once_do_not_interfere() -> None:
    sandbox = bubblewrap()
    sessions = [sandbox.session() for _ in range(20)]

    def work(number: int) -> list[CodeResult]:
        session = sessions[number]
        return [
            session.run(f"x = {number}; open('mine', 'w').write('{number}')", timeout_s=60),
            session.run("x = x * x; sum(range(200_000))", timeout_s=60),
            session.run("print(x, open('mine').read())", timeout_s=60),
        ]

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(work, range(20)))

    assert [r[2].stdout for r in results] == [f"{n * n} {n}\n" for n in range(20)]
    assert {r.status for each in results for r in each} == {"ok"}
    assert not any(r.state_lost for each in results for r in each)
    sandbox.close()


@pytest.mark.parametrize("code", ["", " \n", "x\0", "print('\ud800')", "#" * 1_000_001])
def test_what_is_not_code_costs_no_state(code: str, session: Session) -> None:
    session.run("x = 5")

    result = session.run(code)

    assert (result.status, result.exit_code) == ("error", None)
    assert result.stderr.endswith(".")
    assert "\n" not in result.stderr
    assert session.run("x").stdout == "5\n"


def test_an_unknown_language_is_named_with_those_there_are(session: Session) -> None:
    result = session.run("puts 1", language="ruby")  # type: ignore[arg-type]

    assert (result.status, result.stderr) == ("error", "There is no language 'ruby'; code is run as python or sh.")


def test_no_process_of_a_session_belongs_to_root(session: Session) -> None:
    session.run("1")
    users = {uid for process in psutil.Process().children(recursive=True) for uid in process.uids()}

    assert users == {os.getuid() or 65534}


def test_a_bare_word_is_no_magic(session: Session) -> None:
    result = session.run("logstart")

    assert (result.status, result.artifacts) == ("error", ())
    assert "NameError: name 'logstart' is not defined" in result.stderr
    assert session.run("%pwd").stdout == "'/workspace'\n"


def test_a_shell_and_python_take_turns(session: Session) -> None:
    for number in range(20):
        session.run(f"echo {number} > n", language="sh")
        assert session.run("print(open('n').read(), end='')").stdout == f"{number}\n"
