"""The application, waited for once for all tabs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from configs.errors import AppError

if TYPE_CHECKING:
    from agents.app import App


class Opening:
    """Waits for an application in a thread of its own; tabs look whether it is there and hold no thread."""

    def __init__(self, app: Callable[[], App]) -> None:
        self._wait = app
        self._app: Future[App] = Future()
        self._beginning = threading.Lock()
        self._begun = False

    def done(self) -> bool:
        """Whether `app` returns at once, or raises; the first question begins the waiting."""
        with self._beginning:
            if not self._begun:
                self._begun = True
                threading.Thread(target=self._run, name="opening", daemon=True).start()
        return self._app.done()

    def app(self) -> App:
        """The application. Raises AppError if it never gets ready."""
        self.done()
        return self._app.result()

    def _run(self) -> None:
        try:
            self._app.set_result(self._wait())
        except AppError as error:
            self._app.set_exception(error)
