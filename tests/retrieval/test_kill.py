"""Kill -9 in the middle of an ingest, again and again: nothing breaks, and the end is as if nothing had happened."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
KILLS = 20


def _command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "main.py", "--data-dir", str(home), *arguments]


def _json(home: Path, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(_command(home, *arguments, "--json"), cwd=ROOT, capture_output=True, text=True, check=False)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def _state(home: Path) -> dict[str, Any]:
    shown = _json(home, "kb", "show")
    hits = [_json(home, "search", query)["hits"] for query in ("number seven of the third note", "第三条记录")]
    return {
        "documents": [(d["id"], d["chunks"]) for d in shown["documents"]],
        "hits": [[hit["chunk_id"] for hit in found] for found in hits],
    }


def _edit(folder: Path, notes: range, version: int) -> None:
    for i in notes:
        paragraphs = "\n\n".join(f"Note {i}.{j}, version {version}: {i * j}. 第{i}条记录。" for j in range(8))
        (folder / f"{i:03}.md").write_text(f"# Note {i}\n\n{paragraphs}\n")


@pytest.mark.timeout(900)
def test_twenty_kills_lose_nothing(tmp_path: Path) -> None:
    folder, home, moments = tmp_path / "documents", tmp_path / "killed", random.Random(20)
    folder.mkdir()
    _edit(folder, range(80), 0)
    _json(home, "ingest", str(folder))
    started = time.monotonic()
    _edit(folder, range(0, 80, 2), -1)
    _json(home, "ingest", str(folder))
    duration, killed = time.monotonic() - started, 0
    for version in range(1, KILLS + 1):
        _edit(folder, range(version % 2, 80, 2), version)
        process = subprocess.Popen(
            _command(home, "ingest", str(folder)), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(moments.uniform(0.1, 0.9) * duration)
        killed += process.poll() is None
        process.kill()
        process.wait()
        report = _json(home, "kb", "verify")
        assert report["ok"], report
        assert report["documents"] == 80
    assert killed >= KILLS // 2
    _json(home, "ingest", str(folder))
    assert _json(home, "kb", "verify")["ok"]
    _json(tmp_path / "undisturbed", "ingest", str(folder))
    assert _state(home) == _state(tmp_path / "undisturbed")
