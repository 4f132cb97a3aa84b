"""Legacy formats through a program on the PATH that behaves as LibreOffice does."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil
import pytest
from docx import Document as WordDocument

from retrieval.errors import ParseError
from tests.retrieval.parsing.inside import parser, words

RTF = r"{\rtf1\ansi The bell rings at noon.}"
CONVERTS = """
import shutil, sys
from pathlib import Path
arguments = sys.argv[1:]
assert arguments[0].startswith("-env:UserInstallation=file:///"), arguments
assert "--headless" in arguments and Path(arguments[-1]).read_text().startswith("{")
out = Path(arguments[arguments.index("--outdir") + 1])
out.mkdir()
suffix = arguments[arguments.index("--convert-to") + 1]
shutil.copy(Path(__file__).with_name("prepared.docx"), out / f"{Path(arguments[-1]).stem}.{suffix}")
"""
HANGS = """
import subprocess, sys
from pathlib import Path
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
Path(__file__).with_name("child").write_text(str(child.pid))
child.wait()
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    (tmp_path / "old.rtf").write_text(RTF)
    return folder


def install(folder: Path, script: str) -> None:
    path = folder / "soffice"
    path.write_text(f"#!{sys.executable}\n{script}")
    path.chmod(0o755)


def test_what_libreoffice_makes_is_read(programs: Path, tmp_path: Path) -> None:
    word = WordDocument()
    word.add_paragraph("The bell rings at noon.")
    word.save(str(programs / "prepared.docx"))
    install(programs, CONVERTS)
    document = parser().parse(tmp_path / "old.rtf")
    assert (document.media_type, document.title) == ("application/rtf", "old")
    assert document.parser.endswith("/libreoffice")
    assert words(document) == "The bell rings at noon."


def test_without_libreoffice_it_says_what_to_install(programs: Path, tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"old\.rtf is in a format that only LibreOffice reads.* Install LibreOffice"):
        parser().parse(tmp_path / "old.rtf")


def test_libreoffice_that_makes_nothing(programs: Path, tmp_path: Path) -> None:
    install(programs, "")
    with pytest.raises(ParseError, match=r"old\.rtf cannot be converted by LibreOffice"):
        parser().parse(tmp_path / "old.rtf")


def test_libreoffice_that_hangs_is_ended_with_all_it_started(programs: Path, tmp_path: Path) -> None:
    install(programs, HANGS)
    started = time.perf_counter()
    with pytest.raises(ParseError, match=r"LibreOffice took longer than 1\.6 s to convert old\.rtf"):
        parser(timeout_s=2).parse(tmp_path / "old.rtf")
    assert time.perf_counter() - started < 5
    child = int((programs / "child").read_text())
    deadline = time.monotonic() + 5
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)
