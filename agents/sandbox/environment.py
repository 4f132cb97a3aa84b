"""What code in the sandbox may import: a folder of packages, which `agents.sandbox.install` makes."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from agents.errors import SandboxUnavailable
from agents.sandbox.command import Interpreter
from configs.settings import SandboxSettings

MARK = "roundtable.json"
_REMEDY = "Install them: `python -m agents.sandbox.install`."


@dataclass(frozen=True)
class Environment:
    """A Python, and the folder of packages that were made for it."""

    interpreter: Interpreter
    packages: Path


def find_environment(settings: SandboxSettings) -> Environment:
    """The environment of the settings, or the one beside this installation. Raises SandboxUnavailable."""
    folder = (settings.environment or default_folder()).expanduser().resolve()
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
        interpreter = Interpreter(mark["executable"], tuple(mark["directories"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise SandboxUnavailable(f"The packages for the sandbox are not in {folder}.", hint=_REMEDY) from None
    if not Path(interpreter.executable).exists():
        raise SandboxUnavailable(f"The Python of {folder} is gone ({interpreter.executable}).", hint=_REMEDY)
    for path in (folder, Path(interpreter.executable)):
        if not reachable(path):
            raise SandboxUnavailable(
                f"Code in the sandbox does not run as root, and only root may read {path}.",
                hint="Run this application as another user, or from a folder that every user may enter.",
            )
    return Environment(interpreter, folder)


def default_folder() -> Path:
    """Where the packages are installed: in the virtual environment of the application."""
    return Path(sys.prefix) / "sandbox"


def reachable(path: Path) -> bool:
    """Whether the user that code runs as, who is nobody where we are root, may read what lies there."""
    try:
        if 0 not in os.getresuid():
            return os.access(path, os.R_OK | os.X_OK)
        where = path.resolve(strict=True)
        return all(place.stat().st_mode & 0o005 == 0o005 for place in (where, *where.parents))
    except OSError:
        return False
