"""A process that parses one document after the other, within limits the kernel enforces.

Run as `python -m retrieval.parsing.worker FD`: paths come and answers go through the connection FD; standard input is
held open by the parent, and its end means that the parent is gone.
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import sys
import threading
import warnings
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from configs.settings import ParsingSettings
from retrieval.errors import ParseError
from retrieval.parsing.layout_models import layout_models
from retrieval.parsing.messages import Answer, Setup
from retrieval.types import ParsedDocument

if TYPE_CHECKING:
    from retrieval.parsing.docling_parser import DoclingParser

START_LIMIT_S = 120
"""Importing Docling takes 1 to 5 s; a worker not ready by then never will be."""
GROWN_MB = 450
"""A worker that ever grew beyond this ends after its document: what libraries hold on to is given back."""


def main() -> None:
    """Serve until the parent hangs up."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(START_LIMIT_S)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    with Connection(int(sys.argv[1])) as connection:
        setup: Setup = connection.recv()
        _limit_memory(setup.settings.memory_mb)
        try:
            parser = _make_parser(setup)
        except Exception as error:  # noqa: BLE001 - whatever it is, the user should read it
            reason = error.message if isinstance(error, ParseError) else repr(error)
            connection.send(Answer(outcome=ParseError(f"The document reader cannot start: {reason}"), last=True))
            return
        signal.alarm(0)
        _serve(connection, parser, setup.settings)


def _serve(connection: Connection, parser: DoclingParser, limits: ParsingSettings) -> None:
    intact = True
    while intact and _peak_mb() < GROWN_MB:
        try:
            path: Path = connection.recv()
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_REAL, limits.timeout_s)
        outcome, intact = _parse(parser, path, limits.memory_mb)
        signal.setitimer(signal.ITIMER_REAL, 0)
        connection.send(Answer(outcome=outcome, last=not intact or _peak_mb() >= GROWN_MB))


def _parse(parser: DoclingParser, path: Path, memory_mb: int) -> tuple[ParsedDocument | ParseError, bool]:
    """The outcome, and whether the process may go on after it."""
    try:
        return parser.parse(path), True
    except ParseError as error:
        return error, True
    except MemoryError:
        message = f"{path.name} needs more than {memory_mb} MiB of memory to be read."
        return ParseError(message, hint="Split it, or raise parsing.memory_mb."), False
    except Exception as error:  # noqa: BLE001 - one document's failure, whatever it is, stays its own
        return ParseError(f"{path.name} cannot be read ({type(error).__name__}: {error})."), False


def _make_parser(setup: Setup) -> DoclingParser:
    """Without layout models nothing needs torch, which would triple start time and memory."""
    if layout_models() is None:
        for package in ("torch", "transformers"):
            sys.modules[package] = None  # type: ignore[assignment]  # how Python marks a module as not importable

    from retrieval.parsing.docling_parser import DoclingParser

    return DoclingParser(tokenizer=setup.tokenizer, max_tokens=setup.max_tokens, max_file_mb=setup.settings.max_file_mb)


def _limit_memory(megabytes: int) -> None:
    with suppress(ValueError, OSError):  # macOS has no such limit; a lower one may be in force already
        resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _peak_mb() -> float:
    """Most memory this program ever had; Linux's `ru_maxrss` would begin with what the parent had when it forked."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _end_with_parent() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(0)


if __name__ == "__main__":
    main()
