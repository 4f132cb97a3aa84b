"""Why a document was not read to its end, said to the user."""

from __future__ import annotations

import signal

from configs.settings import ParsingSettings
from retrieval.errors import ParseError

START_LIMIT_S = 120
"""Importing Docling takes 1 to 5 s; a worker not ready by then never will be."""
FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM)
"""Exit codes of a process that somebody ended, such as a system short of memory."""


def too_slow(name: str, limits: ParsingSettings) -> ParseError:
    """It was still at work when its time was up."""
    return ParseError(
        f"{name} took longer than {limits.timeout_s:g} s to read.",
        hint="Split it or simplify it, or raise parsing.timeout_s.",
    )


def too_large(name: str, limits: ParsingSettings) -> ParseError:
    """It needed more memory than all readers together may have."""
    return ParseError(
        f"{name} needs more than {limits.memory_mb} MiB of memory to be read.",
        hint="Split it, or raise parsing.memory_mb.",
    )


def crashed(name: str, exit_code: int, limits: ParsingSettings) -> ParseError:
    """Its reader ended with `exit_code` (negative is a signal) and no last word."""
    if exit_code == -signal.SIGALRM:
        return too_slow(name, limits)
    how = signal.Signals(-exit_code).name if exit_code < 0 else f"exit code {exit_code}"
    return ParseError(
        f"{name} crashed its reader ({how}).",
        hint=f"It may be damaged, or need more than the {limits.memory_mb} MiB of parsing.memory_mb.",
    )
