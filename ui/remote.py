"""Lets a reading command go through the app that owns the data directory, over its private local interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.app import App
from configs.errors import AppError
from configs.settings import Settings
from retrieval.errors import DataDirectoryInUse
from retrieval.stores.lock import read_owner
from ui import terminal
from ui.actions import READING, Result

PATH = "/api/command"


class RemoteError(AppError):
    """The failure of an action as the owning app reported it."""

    def __init__(self, error: Mapping[str, str]) -> None:
        super().__init__(error.get("message", "The running app failed."), hint=error.get("hint", ""))
        self._type = error.get("type", "RemoteError")

    def as_dict(self) -> dict[str, str]:
        """The error under its own type."""
        return {**super().as_dict(), "type": self._type}


def read(app: App, action: str, **parameters: Any) -> Result:
    """Run a reading action here, or in the app that owns the data directory."""
    try:
        return READING[action](app, **parameters)
    except DataDirectoryInUse:
        owner = read_owner(app.settings.home)
        if "url" not in owner:
            raise
        return _forward(owner, action, parameters)


def _forward(owner: Mapping[str, Any], action: str, parameters: Mapping[str, Any]) -> Result:
    import httpx

    terminal.say(f"The app of process {owner['pid']} owns the data directory and answers, with its own settings.")
    try:
        response = httpx.post(
            f"{owner['url']}{PATH}",
            json={"action": action, "parameters": parameters},
            headers={"Authorization": f"Bearer {owner['token']}"},
            timeout=httpx.Timeout(600, connect=5),
            trust_env=False,
        )
        document: Result = response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise AppError(
            f"The app that owns the data directory (process {owner['pid']}) does not answer.",
            hint="Restart it, or choose another --data-dir.",
        ) from error
    if response.is_error:
        raise RemoteError(document.get("error", {}))
    return document


def open_for_reading(settings: Settings) -> App:
    """An app that shares the data directory with other readers."""
    from agents.app import build_app

    return build_app(settings, exclusive=False)
