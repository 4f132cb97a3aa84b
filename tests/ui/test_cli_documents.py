"""The commands that renew, move and follow a knowledge base."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ui.cli import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `documents/` and `data/`, where they are indexed."""
    root = tmp_path_factory.mktemp("cli")
    (root / "documents").mkdir()
    (root / "documents" / "lamp.md").write_text("# Lamp\n\nThe lamp has a warranty of two years.\n")
    (root / "documents" / "lens.md").write_text("# Lens\n\nThe lens is ground by hand.\n")
    assert main(["--data-dir", str(root / "data"), "ingest", str(root / "documents")]) == 0
    return root


@pytest.fixture
def home(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built / "data", tmp_path / "data")


@pytest.fixture
def documents(built: Path) -> Iterator[Path]:
    """The two documents, put back afterwards."""
    folder = built / "documents"
    before = {path: path.read_bytes() for path in folder.iterdir()}
    yield folder
    for path in folder.iterdir():
        path.unlink()
    for path, content in before.items():
        path.write_bytes(content)


def _run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main([*map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_documents_whose_files_are_gone_can_be_kept(
    capsys: pytest.CaptureFixture[str], home: Path, documents: Path
) -> None:
    (documents / "lens.md").unlink()
    _, kept = _run(capsys, "ingest", documents, "--keep-removed", "--data-dir", home)
    assert [d["status"] for d in kept["documents"]] == ["unchanged"]
    _, synced = _run(capsys, "ingest", documents, "--data-dir", home)
    assert sorted(d["status"] for d in synced["documents"]) == ["removed", "unchanged"]


def test_a_copy_is_shown_beside_its_document(capsys: pytest.CaptureFixture[str], home: Path, documents: Path) -> None:
    shutil.copy(documents / "lamp.md", documents / "twin.md")
    _run(capsys, "ingest", documents, "--data-dir", home)
    _, shown = _run(capsys, "kb", "show", "--data-dir", home)
    assert [[Path(copy).name for copy in d["copies"]] for d in shown["documents"]] == [["twin.md"], []]
    _, asked = _run(capsys, "ask", "How long is the warranty of the lamp?", "--data-dir", home)
    assert [Path(copy).name for copy in asked["citations"][0]["copies"]] == ["twin.md"]


def test_reparse_reads_what_is_named_and_else_what_a_better_parser_would(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    code, report = _run(capsys, "kb", "reparse", "lamp.md", "--data-dir", home)
    assert (code, [d["status"] for d in report["documents"]]) == (0, ["indexed"])
    code, report = _run(capsys, "kb", "reparse", "--data-dir", home)
    assert (code, report["documents"]) == (0, [])
    code, report = _run(capsys, "kb", "reparse", "nothing.md", "--data-dir", home)
    assert (code, report["error"]["type"]) == (1, "UnknownDocument")


def test_reembed_says_what_the_new_index_holds(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    code, report = _run(capsys, "kb", "reembed", "all-MiniLM-L6-v2", "--data-dir", home)
    assert code == 0
    assert report["embedder"].startswith("all-MiniLM-L6-v2@")
    assert (report["documents"], report["chunks"]) == (2, 2)
    assert _run(capsys, "kb", "verify", "--data-dir", home)[1]["ok"]
    code, report = _run(capsys, "kb", "reembed", "no/such-model", "--data-dir", home)
    assert (code, report["error"]["type"]) == (1, "EmbeddingError")
    assert _run(capsys, "search", "lamp", "--data-dir", home)[1]["hits"]


def test_a_knowledge_base_moves_as_one_file(capsys: pytest.CaptureFixture[str], home: Path, tmp_path: Path) -> None:
    file = tmp_path / "lamps.zip"
    code, exported = _run(capsys, "kb", "export", file, "--data-dir", home)
    assert (code, exported["bytes"]) == (0, file.stat().st_size)
    code, imported = _run(capsys, "kb", "import", file, "--kb", "copy", "--data-dir", tmp_path / "other")
    assert (code, imported) == (0, {"kb": "copy", "documents": 2, "chunks": 2})
    assert _run(capsys, "search", "lamp", "--kb", "copy", "--data-dir", tmp_path / "other")[1]["hits"]
    file.write_bytes(b"nothing")
    code, imported = _run(capsys, "kb", "import", file, "--kb", "bad", "--data-dir", tmp_path / "other")
    assert (code, imported["error"]["type"]) == (1, "TransferError")


def test_watching_follows_the_folder_until_interrupted(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "one.md").write_text("# One\n\nThe first document.\n")
    command = [sys.executable, "main.py", "--data-dir", str(tmp_path / "data"), "ingest", str(folder)]
    process = subprocess.Popen(
        [*command, "--watch", "--json"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout
    try:
        first = json.loads(process.stdout.readline())
        assert [d["status"] for d in first["documents"]] == ["indexed"]
        (folder / "two.md").write_text("# Two\n\nThe second document.\n")
        second = json.loads(process.stdout.readline())
        assert sorted(d["status"] for d in second["documents"]) == ["indexed", "unchanged"]
        (folder / "one.md").unlink()
        third = json.loads(process.stdout.readline())
        assert sorted(d["status"] for d in third["documents"]) == ["removed", "unchanged"]
    finally:
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        code = process.wait(20)
    assert code == 130
    assert time.monotonic() - started < 5
