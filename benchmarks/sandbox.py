"""What a sandbox session costs, beside the bounds it must keep: python -m benchmarks.sandbox [BACKEND]."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from agents.ports import CodeResult, Sandbox, Session
from agents.sandbox import open_sandbox
from configs.settings import SandboxSettings

PLOT = "import matplotlib.pyplot as plt; plt.plot([1, 3, 2]); plt.show()"
HANGS = {
    "sleep": "import time; time.sleep(60)",
    "busy loop": "while True: pass",
    "interrupts ignored": "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
    "stuck in C": "import itertools; all(itertools.repeat(True))",
}
DEADLINE_S = 0.5
APPLICATION = """
import sys, time
from agents.sandbox import open_sandbox
from configs.settings import SandboxSettings
session = open_sandbox(SandboxSettings(backends=(sys.argv[1],), warm=0)).session()
session.run("setsid sleep 600 >/dev/null 2>&1 & setsid nohup sleep 600 >/dev/null 2>&1 &", language="sh")
print("it runs", flush=True)
time.sleep(600)
"""
Row = tuple[str, str, str]


def main() -> None:
    """Print a table: what, measured, bound."""
    backend = sys.argv[1] if len(sys.argv) > 1 else "bubblewrap"
    settings = SandboxSettings.model_validate({"backends": backend, "warm": 1})
    for what, measured, bound in rows(open_sandbox(settings)):
        print(f"{what:38} {measured:>28}  {bound}", flush=True)


def rows(sandbox: Sandbox) -> Iterator[Row]:
    """Every measurement; the sandbox is closed on the way."""
    yield "cold session, first cell", _ms([cold(sandbox) for _ in range(10)]), "<= 600 ms"
    sandbox.warm_up()
    yield "warm session, first cell", _ms([warm(sandbox) for _ in range(10)]), "<= 50 ms"
    yield from cells(sandbox)
    for name, code in HANGS.items():
        late = sandbox.session().run(code, timeout_s=DEADLINE_S).ms / 1000 - DEADLINE_S
        yield f"hung: {name}", f"back {late:.2f} s after its deadline", "<= 3 s"
    yield "host memory under a flood", f"+{flood(sandbox):.1f} MB", "<= 64 MB"
    yield twenty(sandbox)
    yield "state after a thread that crashed", after_a_crash(sandbox), "kept"
    yield "processes a second after close", str(left_after(sandbox.close)), "0"
    yield "processes a second after a kill", str(left_after_a_kill(sandbox.name)), "0"


def cold(sandbox: Sandbox) -> float:
    """Milliseconds from nothing to the result of a cell."""
    session = sandbox.session()
    took = session.run("1").ms
    session.close()
    return took


def warm(sandbox: Sandbox) -> float:
    """The same where a started box was kept; the time for the next one is waited for."""
    time.sleep(1)
    return cold(sandbox)


def cells(sandbox: Sandbox) -> Iterator[Row]:
    """One session: trivial cells, then plots."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _cells(sandbox.session(keep=Path(folder)))


def _cells(session: Session) -> Iterator[Row]:
    session.run("1")
    times = [session.run("1 + 1").ms for _ in range(200)]
    p95 = statistics.quantiles(times, n=20)[-1]
    yield "trivial cell", f"p50 {statistics.median(times):.1f} ms, p95 {p95:.1f} ms", "p50 <= 10 ms"
    first, following = session.run(PLOT), session.run(PLOT)
    assert first.artifacts
    assert following.artifacts
    yield "plot as PNG", f"first {first.ms:.0f} ms, next {following.ms:.0f} ms", ""
    session.close()


def flood(sandbox: Sandbox) -> float:
    """By how many megabytes this process grows at most while a cell prints without end."""
    process, peak, over = psutil.Process(), 0, threading.Event()
    before = process.memory_info().rss

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.005):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    result = sandbox.session().run("while True: print('x' * 100_000)")
    over.set()
    watcher.join()
    assert result.status == "killed"
    return max(0, peak - before) / 2**20


def twenty(sandbox: Sandbox) -> Row:
    """Twenty sessions at once, each with state, a file and some work."""
    since = time.perf_counter()

    def work(number: int) -> CodeResult:
        session = sandbox.session()
        session.run(f"import numpy as np\nx = {number}; open('mine', 'w').write(str(x))", timeout_s=120)
        session.run("a = np.random.rand(300, 300); b = np.linalg.svd(a)", timeout_s=120)
        result = session.run("print(x, open('mine').read())", timeout_s=120)
        session.close()
        return result

    with ThreadPoolExecutor(20) as pool:
        right = sum(r.stdout == f"{n} {n}\n" for n, r in enumerate(pool.map(work, range(20))))
    return "20 sessions at once", f"{right} of 20 right in {time.perf_counter() - since:.1f} s", "20 of 20"


def left_after(close: Callable[[], None]) -> int:
    """How many of our descendants live on."""
    assert psutil.Process().children(recursive=True)
    close()
    time.sleep(1)
    return alive(psutil.Process().children(recursive=True))


def alive(processes: list[psutil.Process]) -> int:
    """How many have not ended; whether someone has asked for their exit code is another matter."""
    return sum(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


def after_a_crash(sandbox: Sandbox) -> str:
    """Whether a session that a thread began lives on when that thread ends by an exception."""
    session = sandbox.session()

    def begin() -> None:
        assert session.run("x = 6 * 7").status == "ok"
        sys.exit()

    thread = threading.Thread(target=begin)
    thread.start()
    thread.join()
    result = session.run("print(x)")
    session.close()
    return "kept" if result.stdout == "42\n" and not result.state_lost else "lost"


def left_after_a_kill(backend: str) -> int:
    """How many descendants of an application outlive it when it is killed."""
    with subprocess.Popen([sys.executable, "-c", APPLICATION, backend], stdout=subprocess.PIPE) as application:
        assert application.stdout is not None
        application.stdout.readline()
        inside = psutil.Process(application.pid).children(recursive=True)
        assert len(inside) > 2
        application.kill()
    time.sleep(1)
    return alive(inside)


def _ms(times: list[float]) -> str:
    return f"median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms"


if __name__ == "__main__":
    main()
