"""Logging for the whole application: to stderr, quiet unless asked, and never with a secret in it."""

from __future__ import annotations

import logging
import re
import sys

_SECRETS = re.compile(r"(?i)(bearer\s+|api[_-]?key\W{1,4}|\bsk-)[\w.\-]{6,}")


class _Redacting(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def redact(text: str) -> str:
    """`text` with anything that looks like a key or a bearer token blacked out."""
    return _SECRETS.sub(r"\1[redacted]", text)


def set_up_logging(*, verbose: bool) -> None:
    """Warnings, or with `verbose` what the application itself does; libraries only warn."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in ("agents", "retrieval", "ui", "configs"):
        logging.getLogger(name).setLevel(logging.DEBUG if verbose else logging.WARNING)
