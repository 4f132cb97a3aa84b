"""A process that parses one document after the other, within limits the kernel enforces.

Run as `python -m retrieval.parsing.worker FD`: requests come and replies go through the connection FD; standard input
is held open by the parent, and its end means that the parent is gone.
"""

from __future__ import annotations

import fcntl
import gc
import logging
import os
import resource
import select
import signal
import sys
import threading
import time
import warnings
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from retrieval.errors import ParseError, ReaderBroken
from retrieval.parsing.endings import START_LIMIT_S, too_large
from retrieval.parsing.failures import as_parse_error
from retrieval.parsing.layout_models import layout_models
from retrieval.parsing.messages import Answer, CannotStart, Outcome, PageRead, Parse, Request, Setup

if TYPE_CHECKING:
    from retrieval.parsing.docling_parser import DoclingParser

KEPT_SHARE = 0.75
"""A worker that holds more of its share than this after a document ends: what libraries hold on to is given back."""
PAGE_S = 0.1
"""Pages are told at most ten times a second."""
NICE = 5
"""Whoever asks a question during an ingest comes first. More would let a busy machine use up a document's time."""


def main() -> None:
    """Serve until the parent hangs up."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(START_LIMIT_S)
    _end_with_parent()
    _make_way()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    with Connection(int(sys.argv[1])) as connection, suppress(EOFError):
        setup: Setup = connection.recv()
        _limit_memory(setup.settings.memory_mb)
        try:
            parser = _make_parser(setup)
        except Exception as error:  # noqa: BLE001 - whatever it is, the user should read it
            reason = error.message if isinstance(error, ParseError) else str(error) or type(error).__name__
            connection.send(CannotStart(ReaderBroken(f"The document reader cannot start: {reason}")))
            return
        signal.alarm(0)
        _serve(connection, parser, setup)


def _serve(connection: Connection, parser: DoclingParser, setup: Setup) -> None:
    """Answer requests until the worker has grown; raises EOFError when the parent hangs up."""
    last = False
    while not last:
        request: Request = connection.recv()
        signal.setitimer(signal.ITIMER_REAL, setup.settings.timeout_s)
        try:
            outcome = _outcome(parser, request, _Pages(connection))
        except MemoryError:
            outcome, last = too_large(request.name, setup.settings), True
        signal.setitimer(signal.ITIMER_REAL, 0)
        last = last or psutil.Process().memory_info().rss > KEPT_SHARE * setup.share_mb * 2**20
        connection.send(Answer(outcome=outcome, last=last))


def _outcome(parser: DoclingParser, request: Request, on_page: _Pages) -> Outcome:
    """What became of it. Raises MemoryError."""
    try:
        with as_parse_error(Path(request.name)):
            if isinstance(request, Parse):
                return parser.parse(request.path, on_page=on_page)
            return parser.cut(request.docling_json)
    except ParseError as error:
        return error


class _Pages:
    """Tells the pool how far a document is: not too often, and never waiting for it."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._next = connection, 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now >= self._next and select.select([], [self._connection], [], 0)[1]:
            self._next = now + PAGE_S
            self._connection.send(PageRead(done, total))


def _make_parser(setup: Setup) -> DoclingParser:
    """Without layout models nothing needs torch, which would triple start time and memory.

    Collecting garbage among what is imported for good is a sixth of the start.
    """
    if layout_models(setup.settings.layout_models) is None:
        for package in ("torch", "transformers"):
            sys.modules[package] = None  # type: ignore[assignment]  # how Python marks a module as not importable

    gc.disable()
    from retrieval.chunking import open_chunker
    from retrieval.parsing.docling_parser import DoclingParser

    chunker = open_chunker(setup.chunking, tokenizer=setup.tokenizer, max_tokens=setup.max_tokens)
    parser = DoclingParser(setup.settings, chunker=chunker, password=setup.password)
    gc.freeze()
    gc.enable()
    return parser


def _limit_memory(megabytes: int) -> None:
    """The hard stop between two looks of the pool: data alone counts, since libraries map far more than they use."""
    with suppress(ValueError, OSError):  # a lower limit may be in force already
        resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 2**20, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _make_way() -> None:
    os.nice(NICE)
    with suppress(OSError):  # desktop kernels weigh sessions against each other, and this is one of its own
        Path("/proc/self/autogroup").write_text(str(NICE))


def _end_with_parent() -> None:
    """End with all that was started here when standard input ends: by the kernel on Linux, whatever runs; else soon."""
    if not hasattr(fcntl, "F_SETSIG"):
        threading.Thread(target=_await_end, daemon=True).start()
        return
    stdin = sys.stdin.fileno()
    fcntl.fcntl(stdin, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(stdin, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(stdin, fcntl.F_SETFL, fcntl.fcntl(stdin, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([stdin], [], [], 0)[0]:
        os.killpg(0, signal.SIGKILL)


def _await_end() -> None:
    os.read(sys.stdin.fileno(), 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
