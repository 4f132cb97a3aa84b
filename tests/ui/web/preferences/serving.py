"""Settings as an application reads them: what was saved, below a config file, below the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from configs.errors import ConfigError
from configs.saving import merged
from configs.settings import Settings
from ui.web.preferences.keeping import Load


def loading(home: Path, file: Mapping[str, Any] | None = None) -> Load:
    """Reads them anew for what was saved; `file` is what stands in the config file."""

    def load(saved: Mapping[str, Any]) -> Settings:
        try:
            return Settings(**merged(saved, {**(file or {}), "data_dir": home}))
        except ValidationError as error:
            raise ConfigError(str(error)) from None

    return load
