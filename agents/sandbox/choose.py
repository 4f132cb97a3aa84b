"""Chooses the sandbox: the first backend of the settings whose probe passes, else one that refuses."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from agents.ports import Isolation, Sandbox
from agents.sandbox.bubblewrap import BubblewrapSandbox
from agents.sandbox.probe import probe
from agents.sandbox.refusing import RefusingSandbox
from configs.settings import SandboxName, SandboxSettings

CHOSEN_NONE = "the setting ROUNDTABLE_SANDBOX__BACKENDS says that code is never run"
NOT_BUILT = "not built into this version"


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
    backends = tuple(_check(name) for name in _considered(settings.backends))
    chosen = next((backend.name for backend in backends if backend.usable), "none")
    usable = chosen != "none"
    return SandboxReport(backend=chosen, isolation="full" if usable else "none", usable=usable, backends=backends)


def open_sandbox(settings: SandboxSettings) -> Sandbox:
    """The first usable backend; without one, a sandbox that refuses every run and says what to do."""
    report = check_sandbox(settings)
    found = probe() if report.backend == "bubblewrap" else None
    if found and found.interpreter:
        return BubblewrapSandbox(settings=settings, bwrap=found.bwrap, interpreter=found.interpreter)
    reasons = "; ".join(f"{backend.name}: {backend.reason.rstrip('.')}" for backend in report.backends)
    return RefusingSandbox(f"No code is run, because no sandbox is usable here ({reasons}).")


def _considered(names: tuple[SandboxName, ...]) -> tuple[SandboxName, ...]:
    return names[: names.index("none") + 1] if "none" in names else names


def _check(name: SandboxName) -> BackendReport:
    reasons = {"none": CHOSEN_NONE, "docker": NOT_BUILT, "landlock": NOT_BUILT}
    reason = reasons[name] if name in reasons else probe().reason
    return BackendReport(name=name, usable=not reason, reason=reason)
