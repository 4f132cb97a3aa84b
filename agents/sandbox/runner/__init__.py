"""What runs behind the wall. Its files are sent there as text: standard library only, Python 3.10 or newer."""

from __future__ import annotations

from pathlib import Path


def source(name: str) -> str:
    """The text of one file of the runner."""
    return Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
