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


def _state(home: Path, folder: Path) -> dict[str, Any]:
    shown = _json(home, "kb", "show")
    hits = [_json(home, "search", query)["hits"] for query in ("number seven of the third note", "第三条记录")]
    return {
        "documents": [(d["id"], d["chunks"]) for d in shown["documents"]],
        "hits": [[hit["chunk_id"] for hit in found] for found in hits],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for i in range(120):
        paragraphs = "\n\n".join(f"Note {i}, paragraph {j}: the number is {i * j}. 第{i}条记录。" for j in range(12))
        (folder / f"{i:03}.md").write_text(f"# Note {i}\n\n{paragraphs}\n")
    return folder


@pytest.mark.timeout(900)
def test_twenty_kills_lose_nothing(tmp_path: Path, folder: Path) -> None:
    started = time.monotonic()
    _json(tmp_path / "undisturbed", "ingest", str(folder))
    duration = time.monotonic() - started
    moments = random.Random(20)
    home, killed = tmp_path / "killed", 0
    for _ in range(KILLS):
        process = subprocess.Popen(
            _command(home, "ingest", str(folder)), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(moments.uniform(0.2, duration))
        killed += process.poll() is None
        process.kill()
        process.wait()
        report = _json(home, "kb", "verify")
        assert report.get("ok") or report["error"]["type"] == "UnknownKnowledgeBase"
        if report.get("documents") == 120:
            (folder / f"{moments.randrange(120):03}.md").write_text("# Edited\n\nAn edit makes the next ingest work.\n")
    assert killed >= KILLS // 2
    _json(home, "ingest", str(folder))
    assert _json(home, "kb", "verify")["ok"]
    fresh = tmp_path / "fresh"
    _json(fresh, "ingest", str(folder))
    assert _state(home, folder) == _state(fresh, folder)
