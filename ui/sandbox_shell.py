"""A prompt for cells: lines become statements, statements run in a session, results are shown."""

from __future__ import annotations

import ast
import signal
import sys
import threading
import warnings
from codeop import CommandCompiler
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from agents.ports import Session
from agents.sandbox.command import MB
from agents.sandbox.inputs import MOST_MB
from configs.errors import AppError
from retrieval.errors import SourceError
from ui import sandbox_view, terminal
from ui.visible import visible

GREETING = "Python in a sandbox. !COMMAND runs a shell command, `:put FILE` lays a file into inputs/, Ctrl-D ends."


class Cells:
    """Puts lines together to statements.

    A block ends at an empty line where a person types; from a pipe, where functions hold empty lines, at the first
    line that begins something new.
    """

    def __init__(self, *, typed: bool) -> None:
        self._typed = typed
        self._lines: list[str] = []
        self._compile = CommandCompiler()
        self._compile.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

    @property
    def open(self) -> bool:
        """Whether a statement has begun."""
        return bool(self._lines)

    def feed(self, line: str) -> list[str]:
        """The statements that are whole with this line."""
        if not self._lines and (not line.strip() or line.lstrip().startswith("#")):
            return []
        if self._lines and self._begins_something_new(line):
            return [*self.flush(), *self.feed(line)]
        self._lines.append(line)
        return self.flush() if self._is_whole(line) else []

    def flush(self) -> list[str]:
        """What has begun, whole or not."""
        lines, self._lines = self._lines, []
        return ["\n".join(lines)] if lines else []

    def _begins_something_new(self, line: str) -> bool:
        if self._typed or not line.strip() or line[0].isspace() or self._lines[0].startswith("%%"):
            return False
        return self._look([*self._lines, line]) == "broken"

    def _is_whole(self, line: str) -> bool:
        if self._lines[0].startswith("%%"):
            return not line.strip()
        if not self._typed and len(self._lines) > 1 and (not line.strip() or line[0].isspace()):
            return False
        found = self._look(self._lines)
        in_block = bool(line.strip()) and (len(self._lines) > 1 or line.rstrip().endswith(":"))
        return found == "whole" or (found == "broken" and not in_block)

    def _look(self, lines: list[str]) -> Literal["whole", "open", "broken"]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return "open" if self._compile("\n".join(lines)) is None else "whole"
            except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError):
                return "broken"  # or a shell command, or a magic one: the session decides


def converse(session: Session, *, timeout_s: float | None) -> bool:
    """Run what stdin says until it ends; whether the last cell ended well."""
    if sys.stdin is None:
        raise SourceError("There is no stdin to read commands from.", hint="Start it in a terminal, or pipe code in.")
    typed = sys.stdin.isatty()
    cells, well = Cells(typed=typed), True
    if typed:
        terminal.say(GREETING)
    for line in _lines(cells) if typed else (line.rstrip("\n") for line in sys.stdin):
        if not cells.open and line.startswith(":"):
            well = _command(session, line)
            continue
        for cell in cells.feed(line):
            well = _run(session, cell, timeout_s, typed=typed)
    for cell in cells.flush():
        well = _run(session, cell, timeout_s, typed=typed)
    return well


def _lines(cells: Cells) -> Iterator[str]:
    with suppress(ImportError):
        import readline  # noqa: F401 - gives input() editing and a history
    while True:
        try:
            yield input("... " if cells.open else ">>> ")
        except KeyboardInterrupt:
            cells.flush()
            terminal.say("")
        except EOFError:
            terminal.say("")
            return


def _run(session: Session, cell: str, timeout_s: float | None, *, typed: bool) -> bool:
    with _stoppable() as stop:
        result = session.run(cell, timeout_s=timeout_s, stop=stop)
    sandbox_view.show(result)
    if stop.is_set() and not typed:
        raise KeyboardInterrupt
    return result.status == "ok"


def _command(session: Session, line: str) -> bool:
    """Do what a line that begins with a colon says; a failure is said, and the prompt goes on."""
    command, _, name = line.partition(" ")
    try:
        if command != ":put" or not name.strip():
            raise SourceError(f"{line[:80]!r} is no command.", hint=":put FILE is the one there is.")
        terminal.say(_put(session, Path(name.strip())))
    except AppError as error:
        terminal.fail(error, as_json=False)
        return False
    return True


def _put(session: Session, file: Path) -> str:
    try:
        with file.expanduser().open("rb") as opened:
            content = opened.read(MOST_MB * MB + 1)
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SourceError(
            f"{visible(str(file))} cannot be read ({reason}).", hint="Give the path of a file."
        ) from error
    return session.put(file.name, content)


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets; the second Ctrl-C is as usual."""
    stop = threading.Event()

    def hear(*_: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
