"""Code that means harm, behind every wall that says it is whole: run by root and by an ordinary user, none gets out."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from agents.sandbox import check_sandbox, open_sandbox
from agents.sandbox.environment import default_folder, reachable
from configs.settings import SandboxName, SandboxSettings
from tests.agents.sandbox.abuse import CASES
from tests.agents.sandbox.abuse.application import REPOSITORY, environment
from tests.agents.sandbox.abuse.case import Case

ORDINARY = 54_321  # the uid of nobody in particular
USERS = ("root", "ordinary user")
Verdicts = dict[str, dict[int, dict[str, Any]]]
"""By backend and number of the case; number 0 is what was found when all were over."""


def full_backends() -> list[SandboxName]:
    """Those that are usable here and say that they isolate fully."""
    settings = SandboxSettings()
    usable = [report.name for report in check_sandbox(settings).backends if report.usable]
    return [n for n in settings.backends if n in usable and _isolation(n) == "full"]


def _isolation(name: SandboxName) -> str:
    sandbox = open_sandbox(SandboxSettings(backends=(name,), warm=0))
    try:
        return sandbox.isolation
    finally:
        sandbox.close()


def interpreter() -> list[str]:
    """A Python of this version that every user may run, where this one is only for its owner."""
    if reachable(Path(sys.executable)):
        return [sys.executable]
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    python = shutil.which(name, path="/usr/local/bin:/usr/bin")
    assert python, f"no user but root may run {sys.executable}, and there is no other {name}"
    return ["/usr/bin/env", f"PYTHONPATH={sysconfig.get_path('purelib')}", python]


def drive(backend: str, user: str) -> dict[int, dict[str, Any]]:
    """The verdicts of all cases, which a process of that user reached."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        home = Path(folder, "home")
        home.mkdir(mode=0o755)
        python, other = [sys.executable], {}
        if user != "root" and os.getuid() == 0:
            python, other = interpreter(), {"user": ORDINARY, "group": ORDINARY, "extra_groups": []}
            os.chown(home, ORDINARY, ORDINARY)
        words = [backend, str(home), str(default_folder()), f"token-{secrets.token_hex(8)}"]
        done = subprocess.run(
            [*python, "-B", "-m", "tests.agents.sandbox.abuse.driver", *words],
            cwd=REPOSITORY,
            env=environment(home),
            capture_output=True,
            text=True,
            check=False,
            **other,  # type: ignore[call-overload]
        )
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return {verdict.get("number", 0): verdict for verdict in told}


@pytest.fixture(scope="module")
def verdicts() -> Iterator[dict[str, Verdicts]]:
    """By user, backend and case; all walls are tried by all users at once."""
    backends = full_backends()
    assert "bubblewrap" in backends, "bubblewrap must be usable where the tests run"
    users = USERS if os.getuid() == 0 else USERS[1:]
    with ThreadPoolExecutor() as pool:
        begun = {(user, name): pool.submit(drive, name, user) for user in users for name in backends}
        yield {user: {name: begun[user, name].result() for name in backends} for user in users}


def of_user(verdicts: dict[str, Verdicts], user: str) -> Verdicts:
    if user not in verdicts:
        pytest.skip("not root")
    return verdicts[user]


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_code_gets_nowhere(case: Case, user: str, verdicts: dict[str, Verdicts]) -> None:
    complaints = {name: told[case.number]["complaints"] for name, told in of_user(verdicts, user).items()}

    assert {name: said for name, said in complaints.items() if said} == {}


@pytest.mark.parametrize("user", USERS)
def test_nothing_is_left_when_all_is_over(user: str, verdicts: dict[str, Verdicts]) -> None:
    last = {name: told[0] for name, told in of_user(verdicts, user).items()}

    assert [told["survivors"] for told in last.values()] == [[]] * len(last)
    assert {told["uid"] == 0 for told in last.values()} == {user == "root"}
    assert [told["backend"] for told in last.values()] == list(last)


@pytest.mark.parametrize("case", [case for case in CASES if case.leaks_outside], ids=str)
def test_the_same_code_leaks_without_a_wall(case: Case, verdicts: dict[str, Verdicts]) -> None:
    assert verdicts["ordinary user"]["bubblewrap"][0]["outside"][str(case.number)]


def test_the_suite_is_what_it_says() -> None:
    numbers = [case.number for case in CASES]

    assert len(numbers) == len(set(numbers)) >= 53 + 15
    assert set(range(1, 54)) <= set(numbers)
    assert {case.category for case in CASES} == {
        "information exposure",
        "file system",
        "external communication",
        "dangerous operations",
        "resources",
    }
