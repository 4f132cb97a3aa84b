"""What a run answers, to good code and to bad."""

from __future__ import annotations

import math

import pytest

from agents.ports import Sandbox

BAD_CODE = {
    "empty": ("", "There is no code to run."),
    "blank": (" \n\t\n", "There is no code to run."),
    "NUL": ("print(1)\0", "The code is not text: it holds a NUL character."),
    "binary": ("\x7fELF\x02\x01\0\0\0", "The code is not text: it holds a NUL character."),
    "half a surrogate pair": ("print('\ud800')", "The code is not text: it holds half of a surrogate pair"),
    "ten megabytes": ("#" * 10_000_000, "The code is 10000000 bytes long; at most 1000000 are run."),
}

FAILING_CODE = {
    "syntax error": ("def f(:\n  pass", 1, "SyntaxError: invalid syntax\n"),
    "indentation": (
        "if True:\npass",
        1,
        "IndentationError: expected an indented block after 'if' statement on line 1\n",
    ),
    "exception": ("def f():\n    return 1 / 0\nf()", 1, "ZeroDivisionError: division by zero\n"),
    "unknown module": ("import nonsense", 1, "ModuleNotFoundError: No module named 'nonsense'\n"),
    "exit code": ("import sys; sys.exit(3)", 3, ""),
    "exit message": ("import sys; sys.exit('no')", 1, "no\n"),
    "reading input": ("input()", 1, "EOFError: EOF when reading a line\n"),
    "segmentation fault": (
        "import ctypes; ctypes.string_at(0)",
        139,
        "The program ended with exit code 139 (SIGSEGV).",
    ),
    "kills itself": ("import os; os.kill(os.getpid(), 9)", 137, "The program ended with exit code 137 (SIGKILL)."),
    "too long for Python": ("x = " + "(" * 400, 1, "SyntaxError: too many nested parentheses\n"),
}


@pytest.mark.parametrize(("code", "sentence"), [pytest.param(*row, id=name) for name, row in BAD_CODE.items()])
def test_what_is_not_code_is_an_error_in_one_sentence(code: str, sentence: str, sandbox: Sandbox) -> None:
    result = sandbox.run(code)

    assert (result.status, result.exit_code, result.stdout) == ("error", None, "")
    assert result.stderr.startswith(sentence)
    assert "\n" not in result.stderr


@pytest.mark.parametrize(
    ("code", "exit_code", "end"), [pytest.param(*row, id=name) for name, row in FAILING_CODE.items()]
)
def test_failing_code_is_an_error_with_its_message(code: str, exit_code: int, end: str, sandbox: Sandbox) -> None:
    result = sandbox.run(code)

    assert (result.status, result.exit_code) == ("error", exit_code)
    assert result.stderr.endswith(end)


def test_a_traceback_shows_the_lines_of_the_code_and_nothing_else(sandbox: Sandbox) -> None:
    result = sandbox.run("def f():\n    return 1 / 0\nf()")

    assert result.stderr.startswith(
        'Traceback (most recent call last):\n  File "/workspace/main.py", line 3, in <module>'
    )
    assert "return 1 / 0" in result.stderr
    assert result.stderr.count("File ") == 2


def test_a_good_run(sandbox: Sandbox) -> None:
    result = sandbox.run("print('é 雪 🙂', 6 * 7)")

    assert result.as_dict() | {"ms": 0} == {
        "backend": "bubblewrap",
        "isolation": "full",
        "status": "ok",
        "exit_code": 0,
        "stdout": "é 雪 🙂 42\n",
        "stderr": "",
        "artifacts": [],
        "state_lost": False,
        "ms": 0,
    }
    assert 0 < result.ms < 5000


def test_code_as_long_as_allowed_runs(sandbox: Sandbox) -> None:
    code = "print('end')"

    assert sandbox.run("#" * (1_000_000 - len(code) - 1) + "\n" + code).stdout == "end\n"


def test_ordinary_programs_work(sandbox: Sandbox) -> None:
    code = """
import asyncio, multiprocessing, os, sqlite3, subprocess, tempfile, threading, zoneinfo

def square(n):
    return n * n

async def later():
    await asyncio.sleep(0)
    return "async"

if __name__ == "__main__":
    print(asyncio.run(later()))
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(pool.map(square, range(4)))
    print(sqlite3.connect("x.db").execute("select 6 * 7").fetchone())
    print(subprocess.run(["echo", "child"], capture_output=True, text=True).stdout.strip())
    with tempfile.NamedTemporaryFile("w+") as file:
        print(file.write("text"))
    barrier = threading.Barrier(41)
    threads = [threading.Thread(target=barrier.wait) for _ in range(40)]
    for thread in threads:
        thread.start()
    print(barrier.wait() >= 0, os.path.exists(os.path.expanduser("~")))
"""
    result = sandbox.run(code)

    assert result.stdout == "async\n[0, 1, 4, 9]\n(42,)\nchild\n4\nTrue True\n", result.stderr


@pytest.mark.parametrize("timeout_s", [0.0, -1.0, math.nan])
def test_a_senseless_time_limit_ends_the_run_at_once(timeout_s: float, sandbox: Sandbox) -> None:
    result = sandbox.run("while True: pass", timeout_s=timeout_s)

    assert result.status == "timeout"
    assert result.ms < 2000


def test_output_is_plain_text(sandbox: Sandbox) -> None:
    code = r"""
import sys
print("\x1b[31mred\x1b[0m \x1b]0;title\x07tab\there \x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", end=" ")
print("\u202eabc\u2066 \u200bzero\ufeff")
sys.stdout.flush()
sys.stdout.buffer.write(b"\xff\xfe not utf-8\r\n50%\r100%\x00\x07\x08\n")
print("\x1b[2J\u202eerror", file=sys.stderr)
"""
    result = sandbox.run(code)

    assert result.stdout == "red tab\there link abc zero\n\ufffd\ufffd not utf-8\n50%\n100%\n"
    assert result.stderr == "error\n"
