"""The examples run as they stand there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_plain_agents_compute_in_one_session() -> None:
    script = ROOT / "examples" / "sandbox_session.py"
    done = subprocess.run([sys.executable, script], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "Code output: 3 prices\n" in done.stdout
    assert "Code output: in all 84\n" in done.stdout
