"""Knows when the application is ready."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from configs.errors import AppError

if TYPE_CHECKING:
    from agents.app import App


class Prepared:
    """Waits for the application in a thread of its own, as no thread of a pool should."""

    def __init__(self, app: Callable[[], App]) -> None:
        self._app, self._starting, self._started = app, threading.Lock(), False
        self._over = threading.Event()

    @property
    def done(self) -> bool:
        """Whether the application is ready, or will never be."""
        return self._over.is_set()

    def start(self) -> None:
        """Begin to wait, once."""
        with self._starting:
            if not self._started:
                self._started = True
                threading.Thread(target=self._wait, name="evaluation", daemon=True).start()

    def _wait(self) -> None:
        try:
            self._app()
        except AppError:
            pass  # told to whoever asks for the application
        finally:
            self._over.set()
