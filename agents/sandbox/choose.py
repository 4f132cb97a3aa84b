"""Chooses the sandbox: the first backend of the settings whose probe passes, else one that refuses."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from agents.errors import SandboxUnavailable
from agents.ports import Isolation, Sandbox
from agents.sandbox.bubblewrap import BubblewrapWall
from agents.sandbox.command import MB
from agents.sandbox.environment import find_environment
from agents.sandbox.probe import NAMESPACES, probe
from agents.sandbox.refusing import RefusingSandbox
from agents.sandbox.remedies import INSTALL
from agents.sandbox.sandbox import WalledSandbox
from agents.sandbox.walls import Wall
from configs.settings import SandboxName, SandboxSettings

SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"  # not the caller's PATH: this program is trusted with everything
CHOSEN_NONE = "the setting ROUNDTABLE_SANDBOX__BACKENDS says that code is never run"


@dataclass(frozen=True, kw_only=True)
class BackendReport:
    """One backend of the settings; `reason` says why it is not usable, and what to do."""

    name: str
    usable: bool
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class SandboxReport:
    """Where code would run. Without a usable backend, `backend` and `isolation` are `none`."""

    backend: str
    isolation: Isolation
    usable: bool
    backends: tuple[BackendReport, ...]

    def as_dict(self) -> dict[str, Any]:
        """The report as it stands in JSON."""
        return {**asdict(self), "backends": [asdict(backend) for backend in self.backends]}


def check_sandbox(settings: SandboxSettings) -> SandboxReport:
    """Probe the backends in the order of the settings, up to `none`."""
    return _look(settings, probe_all=True)[0]


def open_sandbox(settings: SandboxSettings) -> Sandbox:
    """The first usable backend; without one, a sandbox that refuses every run and says what to do."""
    report, wall = _look(settings, probe_all=False)
    if wall is not None:
        return WalledSandbox(wall, settings)
    reasons = "; ".join(f"{backend.name}: {backend.reason.rstrip('.')}" for backend in report.backends)
    return RefusingSandbox(f"No code is run, because no sandbox is usable here ({reasons}).")


def _look(settings: SandboxSettings, *, probe_all: bool) -> tuple[SandboxReport, Wall | None]:
    backends: list[BackendReport] = []
    chosen: Wall | None = None
    for name in _considered(settings.backends):
        wall, reason = _try(name, settings)
        backends.append(BackendReport(name=name, usable=not reason, reason=reason))
        chosen = chosen or wall
        if chosen is not None and not probe_all:
            break
    if chosen is None and settings.dangerously_run_without_isolation and "none" not in settings.backends:
        chosen = _unsandboxed(settings)
        backends.append(BackendReport(name=chosen.name, usable=True, reason=""))
    isolation: Isolation = chosen.isolation if chosen else "none"
    backend, usable = (chosen.name, True) if chosen else ("none", False)
    return SandboxReport(backend=backend, isolation=isolation, usable=usable, backends=tuple(backends)), chosen


def _considered(names: tuple[SandboxName, ...]) -> tuple[SandboxName, ...]:
    return names[: names.index("none") + 1] if "none" in names else names


def _try(name: SandboxName, settings: SandboxSettings) -> tuple[Wall | None, str]:
    """The wall of a backend if it holds, and otherwise why it does not."""
    if name == "none":
        return None, CHOSEN_NONE
    namespaces = {"docker": tuple(n for n in NAMESPACES if n != "user"), "landlock": ()}.get(name, NAMESPACES)
    try:
        wall = WALLS[name](settings)
        return (wall, "") if not (reason := _probed(wall, namespaces)) else (None, reason)
    except SandboxUnavailable as error:
        return None, str(error)


@cache
def _probed(wall: Wall, namespaces: tuple[str, ...]) -> str:
    """The probe of a wall, once per process."""
    return probe(wall, namespaces=namespaces)


def _bubblewrap(settings: SandboxSettings) -> Wall:
    if platform.system() != "Linux":
        raise SandboxUnavailable(f"bubblewrap runs on Linux only; this is {platform.system()}.")
    bwrap, found = find_bubblewrap(), find_environment(settings)
    return BubblewrapWall(bwrap=bwrap, interpreter=found.interpreter, packages=found.packages)


def find_bubblewrap(search_path: str = SEARCH_PATH) -> str:
    """The path of bubblewrap. Raises SandboxUnavailable."""
    bwrap = shutil.which("bwrap", path=search_path)
    if bwrap is None:
        raise SandboxUnavailable("bubblewrap is not installed.", hint=INSTALL)
    return bwrap


def _docker(settings: SandboxSettings) -> Wall:
    from agents.sandbox.docker import DockerWall, find_docker

    return DockerWall(client=find_docker(), image=settings.image, memory_bytes=settings.memory_mb * MB)


def _landlock(settings: SandboxSettings) -> Wall:
    from agents.sandbox.landlock import LandlockWall

    found = find_environment(settings)
    return LandlockWall(interpreter=found.interpreter, packages=str(found.packages))


def _unsandboxed(settings: SandboxSettings) -> Wall:
    from agents.sandbox.unsandboxed import UnsandboxedWall

    found = find_environment(settings)
    return UnsandboxedWall(interpreter=found.interpreter, packages=str(found.packages))


WALLS: dict[SandboxName, Callable[[SandboxSettings], Wall]] = {
    "docker": _docker,
    "bubblewrap": _bubblewrap,
    "landlock": _landlock,
}
"""How the wall of each backend is made; each raises SandboxUnavailable when it is not there."""
