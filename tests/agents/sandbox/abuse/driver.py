"""Runs every case against one backend as the user it was started as, and prints a JSON line on each.

    python -m tests.agents.sandbox.abuse.driver BACKEND HOME PACKAGES [NUMBER...] TOKEN

HOME is an empty folder, PACKAGES what code may import, TOKEN a word nobody else has on a command line.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import psutil

from agents.errors import SandboxFileRefused
from agents.ports import CodeResult, Sandbox, Session
from agents.sandbox import open_sandbox
from configs.settings import SandboxName, SandboxSettings
from tests.agents.sandbox.abuse import CASES
from tests.agents.sandbox.abuse.application import Application, application
from tests.agents.sandbox.abuse.case import Case, Cell, Put, Wait, whole
from tests.agents.sandbox.abuse.resources import MEMORY_MB

GROWTH_MB = 64
LATE_S = 3.0
BEFORE = "kept_alive = True"
AFTER = "print('END', 'kept_alive' in globals())"


class Judge:
    """Collects what is wrong with one case; `secrets` must not be in anything that comes out."""

    def __init__(self, case: Case, secrets: list[str]) -> None:
        self.case, self.secrets = case, secrets
        self.complaints: list[str] = []

    def that(self, holds: bool, otherwise: str) -> None:
        """Complain unless it holds."""
        if not holds:
            self.complaints.append(otherwise)

    def attack(self, result: CodeResult) -> None:
        """What must be true of the result of the attack itself."""
        case = self.case
        self.that(result.status in case.statuses, f"status {result.status}: {result.stderr[-300:]}")
        self.that(case.says in result.stderr, f"not said: {case.says!r}, but {result.stderr[-300:]}")
        if case.statuses == ("ok",):
            self.that(result.stdout.endswith("END\n"), f"never came to its end: {result.stdout[-200:]!r}")
        self.any(result, case.timeout_s)

    def any(self, result: CodeResult, timeout_s: float) -> None:
        """What must be true of every result."""
        said = result.stdout + result.stderr
        leaks = [line for line in said.splitlines() if line.startswith("LEAK")]
        self.that(not leaks, "; ".join(leaks[:5]))
        self.that(not any(secret in said for secret in self.secrets), "a secret came out")
        self.that(result.isolation == "full", f"isolation {result.isolation}")
        self.that(result.ms <= (timeout_s + LATE_S) * 1000, f"came back after {result.ms:.0f} ms")


def run_alone(case: Case, sandbox: Sandbox, app: Application, folder: Path, judge: Judge) -> None:
    """The case in a session of its own, which must answer afterwards and tell the truth about its state."""
    kept = folder / "kept"
    session, beside = sandbox.session(keep=kept), sandbox.session()
    others = descendants()
    try:
        begun = session.run(BEFORE)
        judge.that(begun.status == "ok", f"the session did not begin: {begun.stderr}")
        results = [session.run(case.source(app.host), language=case.language, timeout_s=case.timeout_s)]
        judge.attack(results[0])
        for step in case.then:
            results += follow(step, (session, beside), others, app, judge)
        last = session.run(AFTER)
        if last.state_lost and not last.stdout:  # what the attack left behind was ended only now
            results, last = [*results, last], session.run(AFTER)
        judge.that(last.stdout.startswith("END "), f"the session did not answer afterwards: {last}")
        lost = any(result.state_lost for result in [*results, last])
        judge.that(lost == ("False" in last.stdout), f"state_lost is {lost}, variables: {last.stdout!r}")
        if case.check and (complaint := case.check([*results, last], kept)):
            judge.that(False, complaint)
    finally:
        session.close()
        beside.close()


def follow(
    step: Cell | Put | Wait,
    sessions: tuple[Session, Session],
    others: list[psutil.Process],
    app: Application,
    judge: Judge,
) -> list[CodeResult]:
    """One step after the attack; the results of cells that ran in its session."""
    session, beside = sessions
    if isinstance(step, Put):
        with suppress(SandboxFileRefused):  # the code may have left no place for it
            session.put(step.name, step.content)
    elif isinstance(step, Wait):
        inside, end = set(descendants()) - set(others), time.monotonic() + step.seconds
        while any(process.is_running() for process in inside) and time.monotonic() < end:
            time.sleep(0.05)
    else:
        where = beside if step.elsewhere else session
        result = where.run(whole(step.code, step.language, app.host), language=step.language, timeout_s=10)
        judge.any(result, 10)
        return [] if step.elsewhere else [result]
    return []


def descendants() -> list[psutil.Process]:
    """Every process that this one started."""
    return psutil.Process().children(recursive=True)


def namespaces(processes: list[psutil.Process]) -> set[str]:
    """Of processes, those of process ids that are not ours."""
    found = set()
    for process in processes:
        with suppress(OSError):
            found.add(os.readlink(f"/proc/{process.pid}/ns/pid"))
    return found - {os.readlink("/proc/self/ns/pid")}


def survivors(mark: str, spaces: set[str]) -> list[str]:
    """Processes of a case that is over: by a mark on their command line, or by where they live."""
    left = []
    for process in psutil.process_iter(["cmdline"]):
        if process.pid == os.getpid():
            continue
        marked = mark in " ".join(process.info["cmdline"] or [])
        if marked or (spaces and namespaces([process]) & spaces):
            left.append(f"{process.pid} {process.info['cmdline']}")
    return left


class Peak:
    """How much resident memory this process came to hold at most since it was made."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        self._before = self._most()

    def grown_mb(self) -> float:
        """Megabytes above what there was."""
        return (self._most() - self._before) / 1024

    def _most(self) -> int:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        found = re.search(r"VmHWM:\s+(\d+)", status)
        return int(found[1]) if found else 0


def run_case(case: Case, sandbox: Sandbox, shared: Session, app: Application) -> dict[str, Any]:
    """One case and what is to be told of it."""
    judge = Judge(case, secrets_of(app))
    folder = Path(app.host["home"]) / "kept" / str(case.number)
    folder.mkdir(parents=True)
    peak, since = Peak(), time.monotonic()
    try:
        if case.alone:
            run_alone(case, sandbox, app, folder, judge)
        else:
            result = shared.run(case.source(app.host), language=case.language, timeout_s=case.timeout_s)
            judge.attack(result)
            judge.that(not result.state_lost, "the session it was run in is lost")
    except Exception:  # noqa: BLE001 that there is none is what is tested
        judge.that(False, f"an exception came out: {traceback.format_exc(limit=-4)}")
    grown = peak.grown_mb()
    judge.that(grown <= GROWTH_MB, f"this process grew by {grown:.0f} MB")
    judge.that(not app.was_reached(), "the application was reached")
    if case.alone:
        left = survivors(app.host["mark"], set())
        judge.that(not left, f"survived: {left}")
    return {
        "number": case.number,
        "complaints": judge.complaints,
        "s": round(time.monotonic() - since, 2),
        "mb": round(grown, 1),
    }


def secrets_of(app: Application) -> list[str]:
    """Every secret that was planted."""
    texts = [Path(path).read_bytes().decode(errors="replace") for path in app.host["secrets"]]
    return re.findall(r"sk-canary-[0-9a-f]{16}", " ".join([*texts, repr(os.environ)]))


def leaks_outside(case: Case, app: Application) -> bool:
    """Whether the same code reaches what it wants without a wall, as the user we are.

    In a session of its own: what it does to a terminal would stop us, too.
    """
    command = [sys.executable, "-c", case.source({**app.host, "walled": False})]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, close_fds=False, start_new_session=True, check=False
    )
    app.was_reached()
    return "LEAK" in done.stdout


def main(backend: SandboxName, home: Path, packages: Path, numbers: set[int]) -> None:
    """All cases, or those of the numbers."""
    settings = SandboxSettings(backends=(backend,), memory_mb=MEMORY_MB, warm=0, environment=packages)
    token = sys.argv[-1]
    mark = f"4{int.from_bytes(os.urandom(4), 'big'):010d}"
    with application(home, backend, token, mark) as app:
        sandbox = open_sandbox(settings)
        shared = sandbox.session()
        cases = [case for case in CASES if not numbers or case.number in numbers]
        for case in cases:
            if case.statuses != ("timeout",):
                tell(run_case(case, sandbox, shared, app))
        with ThreadPoolExecutor(4) as at_once:  # these take their time, and must not take each other's
            hangs = [case for case in cases if case.statuses == ("timeout",)]
            for told in at_once.map(lambda case: run_case(case, sandbox, shared, app), hangs):
                tell(told)
        spaces = namespaces(descendants())
        sandbox.close()
        left = survivors(mark, spaces)
        controls = {}
        if os.getuid() != 0:
            controls = {case.number: leaks_outside(case, app) for case in cases if case.leaks_outside}
        tell({"uid": os.getuid(), "backend": sandbox.name, "survivors": left, "outside": controls})


def tell(what: dict[str, Any]) -> None:
    """One line of what is printed."""
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    _backend, _home, _packages, *_numbers, _token = sys.argv[1:]
    main(cast(SandboxName, _backend), Path(_home), Path(_packages), {int(word) for word in _numbers})
