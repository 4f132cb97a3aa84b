"""The table of docs/sandbox.md is what comes out when it is made."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_autogen_s_executor_leaks_what_ours_holds() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.autogen_executor"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in made.splitlines()[2:]]
    assert len(rows) == 13
    assert [what for what, autogen, _ in rows if "**" not in autogen] == []
    assert [what for what, _, ours in rows if "**" in ours] == []
    documented = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    assert re.sub(r"\d", "0", made) in re.sub(r"\d", "0", documented)
