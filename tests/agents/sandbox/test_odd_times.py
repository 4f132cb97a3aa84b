"""Sessions at odd times: closed while they start, in a forked process, without a file descriptor left."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

from agents.sandbox import open_sandbox
from configs.settings import SandboxSettings

ROOT = Path(__file__).resolve().parents[3]


def test_a_session_that_is_closed_while_it_starts_runs_nothing() -> None:
    sandbox = open_sandbox(SandboxSettings(backends=("bubblewrap",), warm=0))
    sandbox.run("1")
    for wait_s in (0.0, 0.02, 0.05):
        session = sandbox.session()
        results: list[str] = []

        def run(session: object = session, results: list[str] = results) -> None:
            results.append(session.run("import time; time.sleep(20)").status)  # type: ignore[attr-defined]

        running = threading.Thread(target=run)
        running.start()
        time.sleep(wait_s)
        session.close()
        running.join(timeout=5)
        assert results in (["refused"], ["killed"])
    sandbox.close()
    left = [child for child in psutil.Process().children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]
    assert not [child for child in left if "bwrap" in child.name()]


def ran(program: str) -> str:
    """What a program of its own says; a hang fails."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_forked_process_has_sandboxes_of_its_own() -> None:
    program = """
import os
from agents.sandbox import open_sandbox
from configs.settings import SandboxSettings
sandbox = open_sandbox(SandboxSettings(backends=("bubblewrap",), warm=0))
assert sandbox.run("print(1)").stdout == "1\\n"
if (child := os.fork()) == 0:
    other = open_sandbox(SandboxSettings(backends=("bubblewrap",), warm=0))
    os._exit(0 if other.run("print(2)").stdout == "2\\n" else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
sandbox.close()
"""
    assert ran(program) == "0"


def test_without_a_file_descriptor_left_a_run_is_refused() -> None:
    program = """
import os, resource
from agents.sandbox import open_sandbox
from configs.settings import SandboxSettings
sandbox = open_sandbox(SandboxSettings(backends=("bubblewrap",), warm=0))
assert sandbox.run("print(1)").stdout == "1\\n"
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
taken = []
try:
    while True:
        taken.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
print(sandbox.session().run("print(2)").status)
for descriptor in taken:
    os.close(descriptor)
print(sandbox.session().run("print(3)").stdout)
sandbox.close()
"""
    assert ran(program).split() == ["refused", "3"]
