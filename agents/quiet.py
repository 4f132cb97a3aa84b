"""Keeps AutoGen off stdout: what happens at the table is told by events alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autogen.io.base import IOStream

from agents.errors import AgentError


@contextmanager
def quiet() -> Iterator[None]:
    """Silence AutoGen in this thread; its loggers write where the application's do, not to stdout."""
    logger = logging.getLogger("autogen.oai.client")
    logger.setLevel(logging.WARNING)
    for handler in tuple(logger.handlers):
        logger.removeHandler(handler)
    with IOStream.set_default(_Nowhere()):
        yield


class _Nowhere:
    """An IOStream that shows nothing and asks nobody."""

    def print(self, *_: Any, **__: Any) -> None:
        """Drop it."""

    def send(self, message: Any) -> None:
        """Drop it."""

    def input(self, *_: Any, **__: Any) -> str:
        """Nobody is there to answer."""
        raise AgentError("An agent asked a person for input, which no agent of ours does.")
