"""Kill -9 in the middle of every kind of change, again and again: no document is lost, doubled, stale or half there."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from configs.settings import load_settings
from retrieval.knowledge_base import KnowledgeBase
from retrieval.library import Library

ROOT = Path(__file__).resolve().parents[2]
NOTES = 40
CHANGES = ("edit", "add", "remove", "reembed", "import")


class Folder:
    """Notes on disk; each says its number and version in every paragraph."""

    def __init__(self, path: Path) -> None:
        self.path, self.versions = path, dict[int, int]()
        path.mkdir()

    def write(self, number: int, version: int) -> None:
        paragraphs = "\n\n".join(f"Note {number}, version {version}, part {j}. 第{number}条记录。" for j in range(4))
        heads = "\n\n".join(f"## Part {j}\n\n{paragraphs}" for j in range(2))
        (self.path / f"{number:03}.md").write_text(f"# Note {number}\n\n{heads}\n")
        self.versions[number] = version

    def remove(self, number: int) -> None:
        (self.path / f"{number:03}.md").unlink()
        del self.versions[number]


def _command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "main.py", "--data-dir", str(home), *arguments]


def _run(home: Path, *arguments: str) -> float:
    started = time.monotonic()
    subprocess.run(_command(home, *arguments), cwd=ROOT, capture_output=True, check=True)
    return time.monotonic() - started


def _kill(home: Path, arguments: list[str], after: float) -> bool:
    """Whether the command was still at work."""
    process = subprocess.Popen(
        _command(home, *arguments), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(after)
    at_work = process.poll() is None
    process.kill()
    process.wait()
    return at_work


def _versions(kb: KnowledgeBase) -> dict[int, int]:
    """The version of every note; fails when a note is half there, doubled or mixed."""
    found: dict[int, int] = {}
    for document in kb.documents():
        said = [re.findall(r"Note (\d+), version (-?\d+)", chunk.text) for chunk in kb.chunks(document.id)]
        assert len(said) == 2, document.source
        ((number, version),) = {pair for chunk in said for pair in chunk}
        assert int(number) not in found, document.source
        found[int(number)] = int(version)
    return found


def _change(folder: Folder, kind: str, turn: int) -> None:
    if kind == "edit":
        for number in range(turn % 2, NOTES, 2):
            folder.write(number, turn)
    elif kind == "add":
        for number in range(NOTES, NOTES + 10):
            folder.write(number, turn)
    elif kind == "remove":
        for number in [number for number in folder.versions if number >= NOTES]:
            folder.remove(number)


def _arguments(kind: str, folder: Folder, exported: Path) -> list[str]:
    if kind == "reembed":
        return ["kb", "reembed"]
    return ["kb", "import", str(exported), "--kb", "copy"] if kind == "import" else ["ingest", str(folder.path)]


def _ids(home: Path) -> dict[str, list[str]]:
    library = Library(load_settings(data_dir=home), exclusive=True)
    kb = library.open("default")
    ids = {document.id: [chunk.id for chunk in kb.chunks(document.id)] for document in kb.documents()}
    hits = [hit.chunk.id for hit in kb.search("version of note 7 第7条记录").hits]
    library.close()
    return {**ids, "hits": hits}


def _checked(home: Path, kind: str, before: dict[int, int], on_disk: dict[int, int]) -> dict[int, int]:
    """The versions there are after a kill: of each note that of before or that on disk, and of none a part."""
    library = Library(load_settings(data_dir=home), exclusive=True)
    kb = library.open("default")
    report = kb.verify()
    assert report.ok, (kind, report)
    found = _versions(kb)
    if kind in ("reembed", "import"):
        assert found == before
    for number in {*found, *before, *on_disk}:
        assert found.get(number) in (before.get(number), on_disk.get(number)), (kind, number)
    if "copy" in library.names():
        assert _versions(library.open("copy")) == dict.fromkeys(range(NOTES), 0)
        library.delete("copy")
    library.close()
    return found


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kills", [25, pytest.param(100, marks=pytest.mark.endurance)])
def test_kills_lose_nothing(tmp_path: Path, kills: int) -> None:
    folder, home, exported = Folder(tmp_path / "documents"), tmp_path / "killed", tmp_path / "exported"
    moments, killed = random.Random(100), Counter[str]()
    for number in range(NOTES):
        folder.write(number, 0)
    _run(home, "ingest", str(folder.path))
    _run(home, "kb", "export", str(exported))
    durations = {}
    for kind in CHANGES:
        _change(folder, kind, -1)
        durations[kind] = _run(home, *_arguments(kind, folder, exported))
    _run(home, "kb", "delete", "copy", "--yes")
    base = dict(folder.versions)
    for turn in range(1, kills + 1):
        kind = CHANGES[turn % len(CHANGES)]
        _change(folder, kind, turn)
        killed[kind] += _kill(home, _arguments(kind, folder, exported), moments.uniform(0.2, 1.0) * durations[kind])
        base = _checked(home, kind, base, folder.versions)
    assert min(killed[kind] for kind in CHANGES) >= kills // len(CHANGES) // 3, killed
    _run(home, "ingest", str(folder.path))
    _run(tmp_path / "undisturbed", "ingest", str(folder.path))
    assert _ids(home) == _ids(tmp_path / "undisturbed")
    assert len(list((home / "indexes").iterdir())) == 1
