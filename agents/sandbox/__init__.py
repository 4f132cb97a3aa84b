"""Runs code that must not be able to hurt anyone, or refuses and says what to install."""

from agents.sandbox.choose import BackendReport, SandboxReport, check_sandbox, open_sandbox

__all__ = ["BackendReport", "SandboxReport", "check_sandbox", "open_sandbox"]
