"""Which sandbox is chosen, and what is said when none is usable."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import get_args

import pytest

from agents.errors import SandboxUnavailable
from agents.sandbox import check_sandbox, open_sandbox
from agents.sandbox.bubblewrap import BubblewrapWall
from agents.sandbox.choose import find_bubblewrap
from agents.sandbox.command import Interpreter
from agents.sandbox.environment import find_environment
from agents.sandbox.probe import probe
from agents.sandbox.sandbox import WalledSandbox
from configs.settings import SandboxName, SandboxSettings

COMPLAINTS = {
    "too old": ("bwrap: Unknown option --disable-userns", "Install bubblewrap 0.8 or newer."),
    "AppArmor": ("bwrap: setting up uid map: Permission denied", "apparmor_restrict_unprivileged_userns=0"),
    "no user namespaces": (
        "bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user "
        "namespaces.",
        "kernel.unprivileged_userns_clone=1",
    ),
    "no more user namespaces": (
        "bwrap: Creating new namespace failed: No space left on device",
        "user.max_user_namespaces",
    ),
    "container": ("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "systempaths=unconfined"),
    "no Python": ("bwrap: execvp /usr/bin/python3: No such file or directory", "apt-get install python3"),
}

# Does as bubblewrap does, but without any walls.
NO_WALLS = """
    import os, sys, tempfile
    status = int(sys.argv[sys.argv.index("--json-status-fd") + 1])
    os.write(status, b'{ "child-pid": %d }\\n' % os.getpid())
    os.chdir(tempfile.mkdtemp())
    program = sys.argv[sys.argv.index("--") + 1:]
    os.execv(program[0], program)
"""


def program(folder: Path, text: str, interpreter: str = "/usr/bin/python3") -> str:
    path = folder / "bwrap"
    path.write_text(f"#!{interpreter}\n{textwrap.dedent(text)}", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def wall(bwrap: str, interpreter: str = "/usr/bin/python3") -> BubblewrapWall:
    return BubblewrapWall(bwrap=bwrap, interpreter=Interpreter(interpreter))


def test_every_backend_is_tried_and_the_first_that_holds_is_chosen() -> None:
    report = check_sandbox(SandboxSettings(backends=("bubblewrap", "landlock"))).as_dict()

    assert (report["backend"], report["isolation"], report["usable"]) == ("bubblewrap", "full", True)
    assert [(b["name"], bool(b["reason"]) != b["usable"]) for b in report["backends"]] == [
        ("bubblewrap", True),
        ("landlock", True),
    ]
    assert report["backends"][0] == {"name": "bubblewrap", "usable": True, "reason": ""}


def test_code_runs_by_default() -> None:
    assert open_sandbox(SandboxSettings()).run("print(1)").stdout == "1\n"


@pytest.mark.parametrize("backends", [("none",), ("none", "bubblewrap"), ()])
def test_without_a_usable_backend_every_run_is_refused(backends: tuple[SandboxName, ...]) -> None:
    settings = SandboxSettings(backends=backends)
    report, sandbox = check_sandbox(settings), open_sandbox(settings)

    assert (report.backend, report.isolation, report.usable) == ("none", "none", False)
    assert sandbox.name == "none"
    result = sandbox.run("print(1)")
    assert (result.backend, result.isolation, result.status) == ("none", "none", "refused")
    assert (result.exit_code, result.stdout) == (None, "")
    assert result.stderr.startswith("No code is run, because no sandbox is usable here")
    assert all(backend.reason in result.stderr for backend in report.backends)


def test_every_backend_of_the_settings_has_a_report() -> None:
    names = tuple(name for name in get_args(SandboxName) if name != "none")

    assert [b.name for b in check_sandbox(SandboxSettings(backends=(*names, "none"))).backends] == [*names, "none"]


def test_a_missing_bubblewrap_is_named_with_its_package(tmp_path: Path) -> None:
    with pytest.raises(
        SandboxUnavailable, match=r"bubblewrap is not installed\. Install it: apt-get install bubblewrap"
    ):
        find_bubblewrap(search_path=str(tmp_path))


def test_missing_packages_are_named_with_the_command_that_installs_them(tmp_path: Path) -> None:
    settings = SandboxSettings(backends=("bubblewrap",), environment=tmp_path)

    result = open_sandbox(settings).run("print(1)")

    assert result.status == "refused"
    assert f"The packages for the sandbox are not in {tmp_path}. Install them: `python -m" in result.stderr


@pytest.mark.parametrize(
    ("mark", "sentence"),
    [
        ('{"executable": 3, "directories": 4}', "The packages for the sandbox are not in"),
        ("[]", "The packages for the sandbox are not in"),
        ('{"executable": "/gone/python", "directories": []}', "is gone (/gone/python)"),
    ],
)
def test_a_broken_note_about_the_packages_is_one_sentence(tmp_path: Path, mark: str, sentence: str) -> None:
    (tmp_path / "roundtable.json").write_text(mark, encoding="utf-8")
    with pytest.raises(SandboxUnavailable) as caught:
        find_environment(SandboxSettings(environment=tmp_path))
    assert sentence in str(caught.value)


def test_packages_that_only_root_may_read_are_refused(world: Path) -> None:
    (world / "closed").mkdir(mode=0o700)
    folder = world / "closed" / "packages"
    folder.mkdir()
    (folder / "roundtable.json").write_text('{"executable": "/usr/bin/python3", "directories": []}', encoding="utf-8")

    if os.getuid() == 0:
        with pytest.raises(SandboxUnavailable, match="only root may read"):
            find_environment(SandboxSettings(environment=folder))
    else:
        assert find_environment(SandboxSettings(environment=folder)).packages == folder


def test_without_isolation_nothing_runs_unless_the_setting_named_for_its_danger_says_so() -> None:
    assert open_sandbox(SandboxSettings(backends=())).run("print(1)").status == "refused"

    settings = SandboxSettings(backends=(), dangerously_run_without_isolation=True)
    result = open_sandbox(settings).run("print(1)")

    assert check_sandbox(settings).isolation == "none"
    assert (result.backend, result.isolation, result.stdout) == ("unsandboxed", "none", "1\n")
    assert result.stderr == "Warning: this code ran as an ordinary process of this machine, without isolation."


def test_none_among_the_backends_refuses_whatever_else_is_set() -> None:
    settings = SandboxSettings(backends=("none",), dangerously_run_without_isolation=True)

    assert open_sandbox(settings).run("print(1)").status == "refused"


@pytest.mark.parametrize(("complaint", "advice"), [pytest.param(*row, id=name) for name, row in COMPLAINTS.items()])
def test_what_bubblewrap_complains_of_becomes_advice(complaint: str, advice: str, world: Path) -> None:
    reason = probe(wall(program(world, f'echo "{complaint}" >&2; exit 1', interpreter="/bin/sh")))

    assert complaint.rstrip(".") in reason
    assert advice in reason


def test_a_bubblewrap_that_does_not_isolate_is_not_used(world: Path) -> None:
    reason = probe(wall(program(world, NO_WALLS)))

    assert reason.startswith("The sandbox does not isolate: code in it can read a file of the host")
    for leak in ("connect to a TCP port", "connect to a socket", "share a namespace", "keep rights"):
        assert leak in reason


@pytest.mark.parametrize("bwrap", ["missing", "folder", "not executable"])
def test_a_bubblewrap_that_cannot_be_started_refuses(bwrap: str, world: Path) -> None:
    path = world / "bwrap"
    if bwrap == "folder":
        path.mkdir()
    elif bwrap == "not executable":
        path.write_text("", encoding="utf-8")
    result = WalledSandbox(wall(str(path)), SandboxSettings()).run("print(1)")

    assert (result.status, result.exit_code) == ("refused", None)
    assert result.stderr.startswith("bubblewrap cannot be started: ")


def test_an_interpreter_that_is_not_there_refuses() -> None:
    sandbox = WalledSandbox(wall(find_bubblewrap(), "/usr/bin/python0"), SandboxSettings())

    result = sandbox.run("print(1)")

    assert result.status == "refused"
    assert "execvp /usr/bin/python0: No such file or directory" in result.stderr
    assert result.stderr.endswith("apt-get install python3.")
