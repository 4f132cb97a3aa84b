"""Which parser would read a document now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from configs.settings import ParsingSettings
from retrieval.errors import ParseError
from retrieval.parsing.layout_models import fetch_layout_models, layout_models
from retrieval.parsing.parsers import current_parser, is_current

PDF = "application/pdf"
FOLDERS = ("docling-project--docling-layout-heron", "docling-project--docling-models")


@pytest.fixture(autouse=True)
def nothing_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCLING_ARTIFACTS_PATH", raising=False)
    monkeypatch.setenv("DOCLING_CACHE_DIR", str(tmp_path / "docling"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))


def test_without_models_pdf_is_read_by_geometry() -> None:
    assert layout_models() is None
    assert current_parser(PDF, ParsingSettings()).endswith("/pdf-geometry")


def test_models_that_docling_has_fetched_are_found(tmp_path: Path) -> None:
    for folder in FOLDERS:
        assert layout_models() is None
        (tmp_path / "docling" / "models" / folder).mkdir(parents=True)
    found = layout_models()
    assert found
    assert found.folder == tmp_path / "docling" / "models"
    assert fetch_layout_models() == found
    assert current_parser(PDF, ParsingSettings()).endswith("/layout")
    assert current_parser(PDF, ParsingSettings(layout_models="off")).endswith("/pdf-geometry")


def test_models_in_the_cache_of_the_hub_are_found(tmp_path: Path) -> None:
    for folder in FOLDERS:
        assert layout_models() is None
        (tmp_path / "hub" / f"models--{folder}" / "snapshots" / "abc" / "config").mkdir(parents=True)
    found = layout_models()
    assert found
    assert found.folder is None


def test_a_named_folder_is_the_only_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in FOLDERS:
        (tmp_path / "docling" / "models" / folder).mkdir(parents=True)
    monkeypatch.setenv("DOCLING_ARTIFACTS_PATH", str(tmp_path / "named"))
    assert layout_models() is None
    (tmp_path / "named").mkdir()
    found = layout_models()
    assert found
    assert found.folder == tmp_path / "named"


def test_a_fetch_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ParseError, match=r"layout models cannot be fetched .* Run `docling-tools models download`"):
        fetch_layout_models()


def test_what_would_be_read_better_now() -> None:
    settings = ParsingSettings()
    geometry = current_parser(PDF, settings)
    assert is_current(geometry, PDF, settings)
    assert is_current(f"{geometry}+ocr", PDF, settings)
    assert not is_current("docling-2.1.0/pdf-geometry", PDF, settings)
    assert not is_current(f"{geometry}+scans-skipped", PDF, settings)
    assert is_current(f"{geometry}+scans-skipped", PDF, ParsingSettings(ocr=False))


def test_what_ocr_read_beside_or_after_the_layout_models_is_not_read_again(tmp_path: Path) -> None:
    for folder in FOLDERS:
        (tmp_path / "docling" / "models" / folder).mkdir(parents=True)
    settings, off = ParsingSettings(), ParsingSettings(layout_models="off")
    layout, geometry = current_parser(PDF, settings), current_parser(PDF, off)
    assert is_current(f"{layout}+ocr", PDF, settings)
    assert not is_current(f"{layout}+scans-skipped", PDF, settings)
    assert not is_current(f"{geometry}+ocr", PDF, settings)
    assert not is_current(f"{layout}+ocr", PDF, off)


def test_asking_loads_no_library() -> None:
    code = (
        "import sys; from configs.settings import ParsingSettings\n"
        "from retrieval.parsing.parsers import current_parser\n"
        "current_parser('application/pdf', ParsingSettings());"
        "print([name for name in sys.modules if name.split('.')[0] in ('docling', 'docling_core', 'torch', 'PIL')])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
