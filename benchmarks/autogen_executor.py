"""What code gets from AutoGen's own local executor, beside ours: python -m benchmarks.autogen_executor.

AutoGen's runs it as an ordinary user inside a wall of bubblewrap that is thrown away, with secrets planted for it; ours
runs the same code with the same secrets planted where it is called. Prints the table of docs/sandbox.md.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from agents.sandbox.executor import SandboxExecutor
from configs.settings import SandboxSettings

REPOSITORY = Path(__file__).resolve().parents[1]
ORDINARY = 54_321  # the uid of nobody in particular
TIMEOUT_S = 2
FLOOD = 60_000_000


@dataclass(frozen=True, kw_only=True)
class World:
    """What is planted for the code: secrets, a server on loopback, a folder it should not write to, a mark."""

    home: Path
    secret: str
    port: int
    mark: str


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What came of one message of code."""

    output: str
    error: str
    seconds: float


Judge = Callable[[Ran, World], str]


def main() -> None:
    """Print the table."""
    if sys.argv[1:] == ["inside"]:
        with planted() as world:
            print(json.dumps(tried(_autogen(), world)))
        return
    autogen, ours = behind_a_wall(), ours_tried()
    print("| what the code does | AutoGen's local executor | this sandbox |\n|---|---|---|")
    for what in CASES:
        print(f"| {what} | {autogen[what]} | {ours[what]} |")


def ours_tried() -> dict[str, str]:
    """The verdicts on ours."""
    settings = SandboxSettings(backends=("bubblewrap",), timeout_s=TIMEOUT_S, warm=0)
    with planted() as world, SandboxExecutor.open(settings) as executor:
        return tried(executor, world)


def behind_a_wall() -> dict[str, str]:
    """The verdicts on AutoGen's, reached by an ordinary user behind a wall of its own."""
    own = os.getuid() != 0
    python = sys.executable if own else f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
    user = [] if own else ["setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups"]
    environment = {
        "HOME": "/home",
        "PATH": "/tmp/bin:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": f"{REPOSITORY}:{sysconfig.get_path('purelib')}",
    }
    # fmt: off
    wall = [
        "bwrap", "--unshare-all", "--die-with-parent", "--new-session",
        "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev",
        "--tmpfs", "/tmp", "--tmpfs", "/home", "--symlink", python, "/tmp/bin/python",
        "--clearenv", *(word for name, value in environment.items() for word in ("--setenv", name, value)),
        "--chdir", str(REPOSITORY),
    ]
    # fmt: on
    words = [*user, *wall, "--", python, "-B", "-m", "benchmarks.autogen_executor", "inside"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    verdicts: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return verdicts


@contextmanager
def planted() -> Iterator[World]:
    """The world of one executor; the secret is in the environment, too, as an application has its key."""
    secret = f"sk-{secrets.token_hex(8)}"
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        home = Path(folder)
        home.chmod(0o755)
        (home / "id_ed25519").write_text(secret, encoding="utf-8")
        (home / "open").mkdir()
        (home / "open").chmod(0o777)
        os.environ["OPENAI_API_KEY"] = secret  # noqa: TID251 as any application is given its key
        yield World(home=home, secret=secret, port=server.getsockname()[1], mark=f"4{secrets.randbelow(10**9):09d}")


def tried(executor: Any, world: World) -> dict[str, str]:
    """A verdict on every case."""
    verdicts = {}
    for what, (messages, judge) in CASES.items():
        for message in messages(world):
            ran = _run(executor, message)
        if "leaves" in what:
            executor.restart()
        verdicts[what] = judge(ran, world)
    return verdicts


def _run(executor: Any, blocks: list[tuple[str, str]]) -> Ran:
    from autogen.coding import CodeBlock

    since = time.monotonic()
    try:
        result = executor.execute_code_blocks([CodeBlock(code=code, language=language) for language, code in blocks])
        output, error = result.output, ""
    except Exception as raised:  # noqa: BLE001 that it raises is a verdict
        output, error = "", type(raised).__name__
    return Ran(output=output, error=error, seconds=time.monotonic() - since)


def _autogen() -> Any:
    from autogen.coding import LocalCommandLineCodeExecutor

    return LocalCommandLineCodeExecutor(timeout=TIMEOUT_S, work_dir=tempfile.mkdtemp())


def _python(template: str) -> Callable[[World], list[list[tuple[str, str]]]]:
    """One message of one block; `$X` stands for what the world has by that name."""

    def messages(world: World) -> list[list[tuple[str, str]]]:
        code = template.replace("$HOME", str(world.home)).replace("$PORT", str(world.port))
        return [[("python", code.replace("$MARK", world.mark))]]

    return messages


def _leaks(ran: Ran, world: World) -> str:
    return "**leaks it**" if world.secret in ran.output else "holds"


def _written(_: Ran, world: World) -> str:
    return "**writes it**" if any((world.home / "open").iterdir()) else "holds"


def _survives(ran: Ran, world: World) -> str:
    time.sleep(0.2)
    left = [p for p in psutil.process_iter(["cmdline"]) if world.mark in (p.info["cmdline"] or [])]
    for process in left:
        process.kill()
    late = f" (back after {ran.seconds:.0f} s)" if ran.seconds > TIMEOUT_S + 3 else ""
    return ("**it runs on**" if left else "it ends") + late


def _flood(ran: Ran, _: World) -> str:
    size = len(ran.output)
    return f"**all {size:,} characters are returned**" if size >= FLOOD else f"ended; {size:,} characters are returned"


def _plain(ran: Ran, _: World) -> str:
    return "**passed on**" if "\x1b" in ran.output or "\u202e" in ran.output else "removed"


def _result(ran: Ran, _: World) -> str:
    return f"**raises {ran.error}**" if ran.error else "a result"


def _state(ran: Ran, _: World) -> str:
    return "kept" if "x is 42" in ran.output else "**lost**"


SURVIVOR = "import subprocess; subprocess.Popen(['setsid', 'sleep', '$MARK'], stdout=-3, stderr=-3, stdin=-3)"
CASES: dict[str, tuple[Callable[[World], list[list[tuple[str, str]]]], Judge]] = {
    "reads a private file of the user": (_python("print(open('$HOME/id_ed25519').read())"), _leaks),
    "prints the application's API key": (_python("import os; print(os.environ.get('OPENAI_API_KEY'))"), _leaks),
    "reads the key out of `/proc`": (
        _python(
            """
import glob
for path in glob.glob('/proc/[0-9]*/environ'):
    try: print(open(path).read())
    except OSError: pass
"""
        ),
        _leaks,
    ),
    "connects to a server of this machine": (
        _python("import socket; socket.create_connection(('127.0.0.1', $PORT), 1); print('conn' + 'ected')"),
        lambda ran, _: "**connects**" if "connected" in ran.output else "holds",
    ),
    "writes outside its folder": (_python("open('$HOME/open/written', 'w').write('x')"), _written),
    "leaves a process behind": (_python(SURVIVOR), _survives),
    "leaves one behind and takes too long": (_python(f"{SURVIVOR}\nimport time; time.sleep(60)"), _survives),
    "prints 60 MB": (_python(f"print('x' * {FLOOD})"), _flood),
    "prints terminal escapes and reversed text": (_python(r"print('\x1b[2J\u202ereversed')"), _plain),
    "prints bytes that are no text": (_python(r"import sys; sys.stdout.buffer.write(b'\xff\xfe')"), _result),
    "is a message without code": (lambda _: [[]], _result),
    "names a file in a folder (`# filename: a/b.py`)": (_python("# filename: a/b.py\nprint(1)"), _result),
    "uses a variable of the message before": (
        lambda _: [[("python", "x = 42")], [("python", "print('x is', x)")]],
        _state,
    ),
}
"""What is done by the messages of code, and how their last result is judged."""


if __name__ == "__main__":
    main()
