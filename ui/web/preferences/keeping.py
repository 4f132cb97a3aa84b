"""Keeps changed settings and puts them in force."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agents.app import App
from agents.teams.team_file import team_names
from configs.saving import Name, Source, changed, read_saved, write_saved
from configs.settings import Settings
from retrieval.strategy import strategy_names
from ui.web.preferences.draft import Changes, Draft, State, drafted
from ui.web.preferences.fields import APPROVALS, PROVIDERS

Load = Callable[[Mapping[str, Any]], Settings]
"""The settings as they would be with these saved ones. Raises ConfigError."""
Use = Callable[[Settings], None]
"""Puts settings in force for what begins from now on."""


class Keeping:
    """The settings of an application that runs. Thread-safe.

    What `fixed` holds is set in a place that outranks what is saved.
    """

    def __init__(self, app: Callable[[], App], *, load: Load, use: Use, fixed: Mapping[Name, Source]) -> None:
        self._app, self._load, self._use, self._fixed = app, load, use, fixed
        self._lock = threading.Lock()

    def state(self) -> State:
        """What is set, and what could be."""
        app = self._app()
        settings = app.settings
        return State(
            settings=settings, saved=read_saved(settings.home), fixed=self._fixed, offered=_offered(app, settings)
        )

    def save(self, asked: Changes) -> Draft:
        """All of the changes, or none where there is a mistake. Raises ConfigError."""
        with self._lock:
            state = self.state()
            draft = drafted(asked, state)
            if not draft.mistakes:
                values = changed(state.saved, draft.changes)
                settings = self._load(values)
                write_saved(state.settings.home, values)
                self._use(settings)
            return draft

    def tried(self, asked: Changes) -> tuple[Draft, Settings]:
        """The settings as they would be, without keeping them. Raises ConfigError."""
        state = self.state()
        draft = drafted(asked, state)
        return draft, state.settings if draft.mistakes else self._load(changed(state.saved, draft.changes))


def _offered(app: App, settings: Settings) -> Mapping[str, Sequence[str]]:
    return {
        "providers": PROVIDERS,
        "approvals": APPROVALS,
        "strategies": strategy_names(),
        "teams": team_names(),
        "kbs": sorted({*app.library.names(), settings.kb}),
    }
