"""Which sandbox is chosen, and what is said when none is usable."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import get_args

import pytest

from agents.sandbox import check_sandbox, open_sandbox
from agents.sandbox.bubblewrap import BubblewrapSandbox
from agents.sandbox.command import Interpreter
from agents.sandbox.probe import probe, probe_program
from configs.settings import SandboxName, SandboxSettings

NOT_BUILT = "not built into this version"

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
    import os, subprocess, sys
    def after(option): return sys.argv[sys.argv.index(option) + 1]
    status = int(after("--json-status-fd"))
    os.write(status, b'{ "child-pid": %d }\\n' % os.getpid())
    code = os.fdopen(int(after("--file"))).read()
    done = subprocess.run([sys.executable, "-c", code])
    os.write(status, b'{ "exit-code": %d }\\n' % done.returncode)
"""


def program(folder: Path, text: str, interpreter: str = "/usr/bin/python3") -> str:
    path = folder / "bwrap"
    path.write_text(f"#!{interpreter}\n{textwrap.dedent(text)}", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_bubblewrap_is_chosen_by_default() -> None:
    settings = SandboxSettings()

    assert check_sandbox(settings).as_dict() == {
        "backend": "bubblewrap",
        "isolation": "full",
        "usable": True,
        "backends": [
            {"name": "docker", "usable": False, "reason": NOT_BUILT},
            {"name": "bubblewrap", "usable": True, "reason": ""},
            {"name": "landlock", "usable": False, "reason": NOT_BUILT},
        ],
    }
    assert open_sandbox(settings).run("print(1)").stdout == "1\n"


@pytest.mark.parametrize("backends", [("none",), ("none", "bubblewrap"), ("docker", "landlock"), ()])
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
    found = probe(search_path=str(tmp_path))

    assert found.interpreter is None
    assert found.reason.startswith("bubblewrap is not installed. Install it: apt-get install bubblewrap")


@pytest.mark.parametrize(("complaint", "advice"), [pytest.param(*row, id=name) for name, row in COMPLAINTS.items()])
def test_what_bubblewrap_complains_of_becomes_advice(complaint: str, advice: str, world: Path) -> None:
    found = probe_program(program(world, f'echo "{complaint}" >&2; exit 1', interpreter="/bin/sh"))

    assert found.interpreter is None
    assert complaint.rstrip(".") in found.reason
    assert advice in found.reason


def test_a_bubblewrap_that_does_not_isolate_is_not_used(world: Path) -> None:
    found = probe_program(program(world, NO_WALLS))

    assert found.interpreter is None
    assert found.reason.startswith("The sandbox does not isolate: code in it can read a file of the host")
    for leak in ("connect to a TCP port", "connect to a socket", "share a namespace", "keep rights"):
        assert leak in found.reason


@pytest.mark.parametrize("bwrap", ["missing", "folder", "not executable"])
def test_a_bubblewrap_that_cannot_be_started_refuses(bwrap: str, world: Path) -> None:
    path = world / "bwrap"
    if bwrap == "folder":
        path.mkdir()
    elif bwrap == "not executable":
        path.write_text("", encoding="utf-8")
    sandbox = BubblewrapSandbox(
        settings=SandboxSettings(), bwrap=str(path), interpreter=Interpreter("/usr/bin/python3")
    )

    result = sandbox.run("print(1)")

    assert (result.status, result.exit_code) == ("refused", None)
    assert result.stderr.startswith("bubblewrap cannot be started: ")


def test_an_interpreter_that_is_not_there_refuses(sandbox: BubblewrapSandbox) -> None:
    result = BubblewrapSandbox(
        settings=SandboxSettings(), bwrap=sandbox.bwrap, interpreter=Interpreter("/usr/bin/python0")
    ).run("print(1)")

    assert result.status == "refused"
    assert "execvp /usr/bin/python0: No such file or directory" in result.stderr
    assert result.stderr.endswith("apt-get install python3.")
