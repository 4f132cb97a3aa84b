"""Where commands write: one document on stdout, everything else on stderr."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from configs.errors import AppError

Tell = Callable[[str, int, int], None]
"""What is being done, how much of it is done, and how much there is."""


def say(text: str) -> None:
    """One line of information."""
    sys.stderr.write(text + "\n")


def write_anything() -> None:
    """Let file names that are not text be written, escaped, rather than end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def show(document: dict[str, Any], *, as_json: bool, text: Callable[[dict[str, Any]], str] = str) -> None:
    """The result of a command, as JSON or as text for people, which cannot steer their terminal."""
    from agents.sandbox.output import plain

    output = json.dumps(document, ensure_ascii=False) if as_json else plain(text(document))
    sys.stdout.write(output + "\n")


def fail(error: AppError, *, as_json: bool, document: dict[str, Any] | None = None) -> int:
    """One line on stderr (and, with JSON, the error on stdout beside what was done); returns the exit code."""
    sys.stderr.write(f"Error: {' '.join(str(error).split())}\n")
    if as_json:
        sys.stdout.write(json.dumps({**(document or {}), "error": error.as_dict()}, ensure_ascii=False) + "\n")
    return 1


@contextmanager
def progress_bar() -> Iterator[Tell]:
    """A bar on stderr where it is a terminal; silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("")
        yield lambda what, done, total: progress.update(task, description=what[-60:], completed=done, total=total)
