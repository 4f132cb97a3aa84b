"""The sandbox commands in processes of their own, as tests start them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "ROUNDTABLE_SANDBOX__BACKENDS": "bubblewrap"}


def words(home: Path, *arguments: str | Path) -> list[str]:
    return [sys.executable, str(ROOT / "main.py"), "--data-dir", str(home), "sandbox", *map(str, arguments)]


def start(home: Path, *arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(words(home, *arguments), env=ENVIRONMENT, text=True, **pipes, **options)


def sandbox(home: Path, *arguments: str | Path, given: str = "") -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one command."""
    process = start(home, *arguments)
    out, err = process.communicate(given, timeout=60)
    return process.returncode, out, err


def run(home: Path, code: str, *arguments: str) -> dict[str, Any]:
    """The JSON document of a run."""
    document: dict[str, Any] = json.loads(sandbox(home, "run", "-", "--json", *arguments, given=code)[1])
    return document
