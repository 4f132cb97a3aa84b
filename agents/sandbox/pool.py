"""Boxes that are started before anyone needs them: none has ever run code."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

from agents.errors import SandboxUnavailable
from agents.sandbox.link import Link

log = logging.getLogger(__name__)


class Pool:
    """Keeps `size` links that `start` made, once `refill` was called: who takes one has the next started meanwhile."""

    def __init__(self, start: Callable[[], Link], size: int) -> None:
        self._start, self._size = start, size
        self._ready: deque[Link] = deque()
        self._changing = threading.Lock()
        self._wanted = self._filling = self._closed = False

    def take(self) -> Link:
        """A warm link, or a new one where none is ready. Raises SandboxUnavailable."""
        with self._changing:
            while self._ready and not self._ready[0].alive:
                self._ready.popleft().close()
            link = self._ready.popleft() if self._ready else None
        link = link or self._start()
        if self._wanted:
            self.refill()
        return link

    def refill(self) -> None:
        """Start what is missing, in the background; returns at once."""
        with self._changing:
            self._wanted = True
            if self._filling or self._closed or len(self._ready) >= self._size:
                return
            self._filling = True
        threading.Thread(target=self._fill, name="sandbox-pool", daemon=True).start()

    def close(self) -> None:
        """End what is kept, and keep no more."""
        with self._changing:
            self._closed = True
            ready, self._ready = list(self._ready), deque()
        for link in ready:
            link.close()

    def _fill(self) -> None:
        try:
            while self._missing():
                link = self._start()
                with self._changing:
                    keep = not self._closed
                    if keep:
                        self._ready.append(link)
                if not keep:
                    link.close()
        except SandboxUnavailable as error:
            log.warning("No sandbox could be kept warm: %s", error)
        finally:
            with self._changing:
                self._filling = False

    def _missing(self) -> bool:
        with self._changing:
            return not self._closed and len(self._ready) < self._size
