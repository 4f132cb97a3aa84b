from __future__ import annotations

import zipfile
from pathlib import Path

from retrieval.errors import StoreError
from retrieval.types import IngestReport
from tests.ui.web.scripted import ScriptedBackend, discussion
from tests.ui.web.waiting import until
from ui.web.intake import FileProgress, Intake
from ui.web.uploads import Shelf


def taken_in(backend: ScriptedBackend, home: Path, files: dict[str, str], kb: str = "handbook") -> Intake:
    for name, text in files.items():
        (home / name).write_text(text)
    intake = Intake(backend, Shelf(folder=home / "uploads", max_mb=1), kb, [home / name for name in files])
    intake.start()
    until(lambda: not intake.progress.going)
    return intake


def outcomes(intake: Intake) -> dict[str, FileProgress]:
    return {file.name: file for file in intake.progress.files}


def failed(name: str, reason: str) -> FileProgress:
    return FileProgress(name=name, status="failed", reason=reason)


def read(name: str) -> FileProgress:
    """What becomes of a file that the scripted application can read."""
    return FileProgress(name=name, status="indexed", pages=2, passages=7, seconds=0.4)


def test_every_file_has_its_own_outcome(tmp_path: Path) -> None:
    backend = ScriptedBackend(discussion)
    intake = taken_in(
        backend, tmp_path, {"good.md": "fine", "bad.md": "corrupt", "x.exe": "x", "empty.txt": "", "no.pdf": "x"}
    )
    told = outcomes(intake)
    assert told["good.md"] == read("good.md")
    assert told["bad.md"] == failed("bad.md", "The document is corrupt.")
    assert told["x.exe"].reason.startswith("Files ending in .exe cannot be read.")
    assert told["empty.txt"].reason.startswith("empty.txt is empty")
    assert told["no.pdf"].reason.startswith("no.pdf is damaged, or is not a PDF.")
    assert [path.parent for path in backend.ingested] == [tmp_path / "uploads" / "handbook"] * 2


def test_an_unknown_knowledge_base_gets_no_folder(tmp_path: Path) -> None:
    intake = taken_in(ScriptedBackend(discussion), tmp_path, {"good.md": "fine"}, kb="../elsewhere")
    assert "no knowledge base named '../elsewhere'" in outcomes(intake)["good.md"].reason
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good.md"]


def test_every_file_in_a_zip_has_its_own_outcome(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("好/a.md", "fine")
        archive.writestr("b.md", "corrupt")
    backend = ScriptedBackend(discussion)
    intake = Intake(
        backend, Shelf(folder=tmp_path / "uploads", max_mb=1), "handbook", [tmp_path / "all.zip", tmp_path / "all.zip"]
    )
    intake.start()
    until(lambda: not intake.progress.going)
    assert list(intake.progress.files) == 2 * [
        FileProgress(name="all.zip", status="unpacked", inside=2),
        read("all.zip › 好/a.md"),
        failed("all.zip › b.md", "The document is corrupt."),
    ]
    assert [path.name for path in backend.ingested] == ["all.zip"]


def test_the_pages_read_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("a")
    backend = ScriptedBackend(discussion, pause_s=0.4)
    intake = Intake(backend, Shelf(folder=tmp_path / "uploads", max_mb=1), "handbook", [tmp_path / "a.md"])
    intake.start()
    for page in (1, 2):
        reading = FileProgress(name="a.md", status="reading", page=page, pages=2)
        until(lambda reading=reading: outcomes(intake)["a.md"] == reading)  # type: ignore[misc]  # mypy cannot type a default
    until(lambda: not intake.progress.going)
    assert outcomes(intake)["a.md"].status == "indexed"


def test_files_not_read_yet_can_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("a")
    backend = ScriptedBackend(discussion, pause_s=30)
    intake = Intake(backend, Shelf(folder=tmp_path / "uploads", max_mb=1), "handbook", [tmp_path / "a.md"])
    intake.start()
    intake.cancel()
    until(lambda: not intake.progress.going)
    assert outcomes(intake) == {"a.md": FileProgress(name="a.md", status="cancelled")}


def test_an_upload_waits_until_the_application_is_ready(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("a")
    backend = ScriptedBackend(discussion)
    backend.ready.clear()
    intake = Intake(backend, Shelf(folder=tmp_path / "uploads", max_mb=1), None, [tmp_path / "a.md"])
    intake.start()
    assert intake.progress.going
    backend.ready.set()
    until(lambda: not intake.progress.going)
    assert outcomes(intake)["a.md"].status == "indexed"


class Failing(ScriptedBackend):
    def __init__(self, error: Exception) -> None:
        super().__init__(discussion)
        self.error = error

    def ingest(self, *_: object) -> IngestReport:
        raise self.error


def test_a_failure_of_the_store_is_told_for_every_file_that_was_fine(tmp_path: Path) -> None:
    backend = Failing(StoreError("The index is full.", hint="Make room."))
    told = outcomes(taken_in(backend, tmp_path, {"a.md": "a", "b.md": "b", "c.exe": "c"}))
    assert [told["a.md"], told["b.md"]] == [failed(name, "The index is full. Make room.") for name in ("a.md", "b.md")]
    assert ".exe" in told["c.exe"].reason


def test_a_bug_is_told_without_its_innards(tmp_path: Path) -> None:
    intake = taken_in(Failing(ZeroDivisionError("secret")), tmp_path, {"a.md": "a"})
    assert outcomes(intake)["a.md"] == failed("a.md", "Reading ended unexpectedly; the log has the details.")
