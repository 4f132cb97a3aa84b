"""Files that are laid before the code."""

from __future__ import annotations

import pytest

from agents.errors import SandboxFileRefused
from agents.ports import Session


def test_inputs_are_read_only_copies_that_survive_a_restart(session: Session) -> None:
    assert session.put("prices.csv", b"a,b\n1,2\n") == "inputs/prices.csv"
    assert session.run("open('inputs/prices.csv').read()").stdout == "'a,b\\n1,2\\n'\n"
    assert "PermissionError" in session.run("open('inputs/prices.csv', 'w')").stderr

    session.put("价格.csv", b"x" * 2_000_000)
    session.run("import os; os._exit(1)")
    session.run("import itertools; all(itertools.repeat(True))", timeout_s=0.2)

    assert session.run("import os; print(sorted(os.listdir('inputs')), os.path.getsize('inputs/价格.csv'))").stdout == (
        "['prices.csv', '价格.csv'] 2000000\n"
    )


def test_an_input_can_be_replaced_and_is_no_artifact(session: Session) -> None:
    session.put("a.txt", b"old")
    session.run("1")
    session.put("a.txt", b"new")

    result = session.run("open('inputs/a.txt').read()")

    assert (result.stdout, result.artifacts) == ("'new'\n", ())


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "../x", "/etc/passwd", "a\0b", "a\nb", "\ud800", "x" * 300, " a", "\u202ea"]
)
def test_a_name_that_is_not_one_is_refused(name: str, session: Session) -> None:
    with pytest.raises(SandboxFileRefused, match=r"is not a plain file name\. Give a name without slashes"):
        session.put(name, b"x")


def test_too_much_input_is_refused(session: Session) -> None:
    session.put("half", bytes(40 * 1024 * 1024))

    with pytest.raises(SandboxFileRefused, match=r"With more the files of the session would be 80.0 MB; at most 64 MB"):
        session.put("more", bytes(40 * 1024 * 1024))
    assert session.put("half", b"") == "inputs/half"


def test_an_input_for_a_full_workspace_is_refused_and_the_session_lives(session: Session) -> None:
    session.run(
        "f = open('big', 'wb', buffering=0)\ntry:\n    while f.write(bytes(1 << 20)): pass\nexcept OSError: pass"
    )

    with pytest.raises(SandboxFileRefused, match=r"a.txt cannot be laid into the sandbox \(No space left on device\)"):
        session.put("a.txt", b"x" * 10_000)
    assert session.run("print('alive')").stdout == "alive\n"
    assert session.run("echo alive", language="sh").stderr == "The run cannot begin: No space left on device.\n"
