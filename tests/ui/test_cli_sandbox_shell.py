"""The prompt of the sandbox, from a pipe and on a terminal."""

from __future__ import annotations

import os
import pty
import select
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents.sandbox.hosts import close_all, marked, marker, until
from tests.ui.sandbox_command import ENVIRONMENT, run, sandbox, words


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    close_all(tmp_path / "data")


def test_the_shell_runs_statements_of_a_pipe(home: Path, tmp_path: Path) -> None:
    (tmp_path / "given.txt").write_text("given")
    script = f"""\
# a comment
x = 6

def times(n):
    result = x

    return result * n

print(times(7))
for i in range(2):
    print(i)
else:
    print('over')
text = '''two
lines'''
print(text)
!echo from the shell
:put {tmp_path}/given.txt
print(open('inputs/given.txt').read())
if x:
    print('last')
"""

    code, out, err = sandbox(home, "shell", given=script)

    assert out.splitlines() == ["42", "0", "1", "over", "two", "lines", "from the shell", "given", "last"]
    assert (code, err) == (0, "inputs/given.txt\n")


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("1 / 0\nprint('on')\n", 0, "ZeroDivisionError"),
        ("print('on')\n1 / 0\n", 1, "ZeroDivisionError"),
        ("print('on')\nx = (1\n", 1, "SyntaxError"),
        ("print('on')\n:put /nowhere\n", 1, "Error: /nowhere cannot be read"),
        ("print('on')\n:put ~nosuchuser/x\n", 1, "Error: ~nosuchuser/x cannot be read"),
        ("print('on')\n:put a\x00b\n", 1, "cannot be read (embedded null"),
        ("print('on')\n:fly\n", 1, "Error: ':fly' is no command."),
        ("print('on')\ndef f(:\n    pass\n", 1, "SyntaxError"),
    ],
)
def test_the_shell_goes_on_after_a_failure_and_ends_as_its_last_cell(
    home: Path, script: str, code: int, said: str
) -> None:
    ended, out, err = sandbox(home, "shell", given=script)

    assert (ended, out) == (code, "on\n")
    assert said in err


@pytest.mark.parametrize("arguments", [("shell",), ("run", "-")])
def test_without_a_stdin_one_sentence_says_so(home: Path, arguments: tuple[str, ...]) -> None:
    command = " ".join(map(shlex.quote, words(home, *arguments)))
    done = subprocess.run(["sh", "-c", f"{command} <&-"], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: There is no stdin to read")
    assert done.stderr.count("\n") == 1


def test_the_shell_may_use_a_session_that_lives_on(home: Path) -> None:
    sandbox(home, "shell", "--session", "s", given="x = 6\n")

    assert run(home, "print(x * 7)", "--session", "s")["stdout"] == "42\n"


def test_the_shell_alone_leaves_nothing(home: Path) -> None:
    number = marker()
    code, out, _ = sandbox(home, "shell", given=f"import subprocess; _ = subprocess.Popen(['sleep', '{number}'])\n")

    assert (code, out) == (0, "")
    until(lambda: not marked(number), 1)


class Terminal:
    """The shell on a terminal, as a person has it."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.pid, self._end = pty.fork()
        if self.pid == 0:
            os.execve(sys.executable, words(home, "shell", *arguments), {**ENVIRONMENT, "TERM": "dumb"})

    def type(self, text: str) -> None:
        os.write(self._end, text.encode())

    def see(self, wanted: str) -> str:
        """What is shown up to that."""
        seen, deadline = "", time.monotonic() + 20
        while not seen.endswith(wanted):
            assert time.monotonic() < deadline, seen
            if select.select([self._end], [], [], 0.1)[0]:
                seen += os.read(self._end, 1).decode("ascii", "replace")
        return seen

    def end(self) -> int:
        """Type Ctrl-D; the exit code."""
        self.type("\x04")
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.mark.parametrize("session", [(), ("--session", "s")], ids=["alone", "session"])
def test_the_shell_on_a_terminal_can_be_interrupted_and_keeps_the_variables(home: Path, session: tuple[str]) -> None:
    number, terminal = marker(), Terminal(home, *session)
    terminal.see(">>> ")
    terminal.type("x = 6\n")
    terminal.see("\n>>> ")
    terminal.type("for i in range(2):\n")
    terminal.see("... ")
    terminal.type("    print(x * i)\n")
    terminal.see("... ")
    terminal.type("\n")
    assert terminal.see("\n>>> ").split() == ["0", "6", ">>>"]
    terminal.type(f"import subprocess; subprocess.run(['sleep', '{number}'])\n")
    until(lambda: marked(number))
    terminal.type("\x03")
    assert "KeyboardInterrupt" in terminal.see("\n>>> ")
    terminal.type("half a line\x03")
    terminal.see("\n>>> ")
    terminal.type("print(x * 7)\n")
    assert "42" in terminal.see("\n>>> ")
    assert terminal.end() == 0
    assert not marked(number)
