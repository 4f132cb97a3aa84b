"""The one place where whatever a parsing library raises becomes a ParseError."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retrieval.errors import ParseError

_REASON_CHARS = 200
_INTERNALS = re.compile(r"(?:,? see xml\w+|[,:(]\s*line \d+|\s*\(?<(?:string|unknown)>).*")
"""Where a parser stopped, and which of its functions to look up."""


@contextmanager
def as_parse_error(path: Path) -> Iterator[None]:
    """Turn any exception into a ParseError about `path`; ParseError and MemoryError pass.

    Libraries wrap what went wrong, so the whole chain of causes is looked at.
    """
    try:
        yield
    except ParseError:
        raise
    except Exception as error:
        causes = list(_causes(error))
        if any(isinstance(cause, MemoryError) for cause in causes):
            raise MemoryError from error
        raise _explain(path, causes) from error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _explain(path: Path, causes: list[BaseException]) -> ParseError:
    for cause in causes:
        if isinstance(cause, RecursionError):
            return ParseError(f"{path.name} is nested too deeply to be read.", hint="Flatten its structure.")
        if isinstance(cause, ImportError):
            return ParseError(
                f"{path.name} cannot be read: the Python package {cause.name or str(cause)} is missing.",
                hint="Install it, or save the document in another format.",
            )
        if isinstance(cause, OSError) and cause.strerror:
            return ParseError(f"{path.name} cannot be read ({cause.strerror}).", hint="Check the file, then try again.")
    first_line = (str(causes[-1]).strip().splitlines() or [""])[0]
    reason = _INTERNALS.sub("", first_line).strip(" .,:")[:_REASON_CHARS] or type(causes[-1]).__name__
    return ParseError(
        f"{path.name} is damaged, or is not what its suffix says ({reason}).",
        hint="Open it in its own application and save it again.",
    )
