"""The open browser tabs; what a tab sees and does concerns its own room and upload only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from retrieval.errors import SourceError
from ui.web.backend import Backend
from ui.web.intake import Intake
from ui.web.room import Room
from ui.web.uploads import Shelf

MOST_FILES = 200
"""Files in one upload."""


class Tab:
    """One browser tab: the browser it is of, the room it is in and its newest upload."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.browser = ""
        self.room = Room(backend, None)
        self.intake: Intake | None = None
        self.open = True

    def enter(self, kb: str | None, team: str | None = None) -> None:
        """Leave the room, ending what runs there, for a new one."""
        self.room.stop()
        self.room.leave()
        self.room = Room(self._backend, kb, team)

    def take_in(self, shelf: Shelf, uploads: Sequence[Path]) -> Intake:
        """Start to read uploads into the room's knowledge base. Raises SourceError while earlier ones are read,
        and for more than `MOST_FILES`.
        """
        if len(uploads) > MOST_FILES:
            hint = "Add them as one ZIP, or with `python main.py ingest`."
            raise SourceError(f"{len(uploads)} files were uploaded; at most {MOST_FILES} are read at once.", hint=hint)
        if self.intake and self.intake.progress.going:
            hint = "Add more when it is done, or cancel it."
            raise SourceError("The last upload is still being read.", hint=hint)
        self.intake = Intake(self._backend, shelf, self.room.kb, uploads)
        self.intake.start()
        return self.intake


class Tabs:
    """Tabs by the session the browser gave them."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._tabs: dict[str, Tab] = {}

    def of(self, session: str) -> Tab:
        """The tab of a session, opened by its first call."""
        return self._tabs.setdefault(session, Tab(self._backend))

    def close(self, session: str) -> None:
        """Forget a tab; a run under way goes on to its end."""
        if tab := self._tabs.pop(session, None):
            tab.open = False
            tab.room.leave()
