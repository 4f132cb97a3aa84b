"""A knowledge base follows its folders: by content, in one step, without reading anything twice."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from configs.settings import Settings
from retrieval.errors import SourceError
from retrieval.knowledge_base import KnowledgeBase
from retrieval.library import Library
from retrieval.types import FileOutcome, IngestReport

LAMP = "# Lamp\n\nThe lamp of the lighthouse burns whale oil.\n"
LENS = "# Lens\n\nThe lens of the lighthouse is ground in Tromsø.\n"


@pytest.fixture
def library(settings: Settings) -> Iterator[Library]:
    library = Library(settings, exclusive=True)
    yield library
    library.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "lamp.md").write_text(LAMP)
    (folder / "lens.md").write_text(LENS)
    return folder


@pytest.fixture
def kb(library: Library, folder: Path) -> KnowledgeBase:
    kb = library.create("default")
    assert _statuses(kb.ingest([folder])) == {"lamp.md": "indexed", "lens.md": "indexed"}
    return kb


def _statuses(report: IngestReport) -> dict[str, str]:
    return {Path(outcome.source).name: outcome.status for outcome in report.documents}


def _parsed(report: IngestReport) -> float:
    return report.stage_seconds["parse"] + report.stage_seconds["embed"]


def _sources(kb: KnowledgeBase) -> list[list[str]]:
    return [[Path(source).name for source in (d.source, *d.copies)] for d in kb.documents()]


def test_a_moved_file_is_recognised_without_reading_it(kb: KnowledgeBase, folder: Path) -> None:
    before = {chunk.id for document in kb.documents() for chunk in kb.chunks(document.id)}
    (folder / "below").mkdir()
    (folder / "lamp.md").rename(folder / "below" / "light.md")
    report = kb.ingest([folder])
    assert _statuses(report) == {"light.md": "indexed", "lamp.md": "removed", "lens.md": "unchanged"}
    assert _parsed(report) == 0
    assert {chunk.id for document in kb.documents() for chunk in kb.chunks(document.id)} == before
    assert Path(kb.search("whale oil", k=1).hits[0].document.source).name == "light.md"


def test_copies_are_stored_once_and_cite_every_path(kb: KnowledgeBase, folder: Path) -> None:
    shutil.copy(folder / "lamp.md", folder / "copy.md")
    report = kb.ingest([folder])
    assert _parsed(report) == 0
    assert _sources(kb) == [["lamp.md", "copy.md"], ["lens.md"]]
    hits = kb.search("whale oil").hits
    assert [Path(copy).name for copy in hits[0].document.copies] == ["copy.md"]
    assert len({hit.chunk.id for hit in hits}) == len(hits) == 2


def test_identical_new_files_are_read_once(library: Library, folder: Path) -> None:
    shutil.copy(folder / "lamp.md", folder / "twin.md")
    report = library.create("default").ingest([folder])
    assert sorted(_statuses(report)) == ["lamp.md", "lens.md", "twin.md"]
    assert {outcome.chunks for outcome in report.documents} == {1}
    assert report.chunks_total == 2


def test_a_document_leaves_with_its_last_copy(kb: KnowledgeBase, folder: Path) -> None:
    shutil.copy(folder / "lamp.md", folder / "copy.md")
    kb.ingest([folder])
    (folder / "lamp.md").unlink()
    kb.ingest([folder])
    assert _sources(kb) == [["copy.md"], ["lens.md"]]
    (folder / "copy.md").unlink()
    kb.ingest([folder])
    assert _sources(kb) == [["lens.md"]]
    assert kb.verify().ok


def test_editing_a_copy_leaves_the_other_as_it_was(kb: KnowledgeBase, folder: Path) -> None:
    shutil.copy(folder / "lamp.md", folder / "copy.md")
    kb.ingest([folder])
    (folder / "copy.md").write_text("# Lamp\n\nThe lamp of the lighthouse burns gas.\n")
    kb.ingest([folder])
    assert sorted(_sources(kb)) == [["copy.md"], ["lamp.md"], ["lens.md"]]
    assert kb.verify().ok


def test_an_edit_back_to_an_earlier_text_is_found_again(kb: KnowledgeBase, folder: Path) -> None:
    (folder / "lamp.md").write_text("# Lamp\n\nIt is broken.\n")
    kb.ingest([folder])
    (folder / "lamp.md").write_text(LAMP)
    kb.ingest([folder])
    assert "whale oil" in kb.search("What does the lamp burn?", k=1).hits[0].chunk.text
    assert len(kb.documents()) == 2
    assert kb.verify().ok


def test_swapping_two_files_swaps_their_sources(kb: KnowledgeBase, folder: Path) -> None:
    (folder / "lamp.md").write_text(LENS)
    (folder / "lens.md").write_text(LAMP)
    report = kb.ingest([folder])
    assert _parsed(report) == 0
    assert Path(kb.search("whale oil", k=1).hits[0].document.source).name == "lens.md"
    assert kb.verify().ok


def test_removed_files_can_be_kept(kb: KnowledgeBase, folder: Path) -> None:
    (folder / "lamp.md").unlink()
    assert "removed" not in _statuses(kb.ingest([folder], keep_removed=True)).values()
    assert len(kb.documents()) == 2
    assert _statuses(kb.ingest([folder]))["lamp.md"] == "removed"


def test_a_file_that_changes_while_it_is_read_is_said_so_and_read_next_time(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    for i in range(40):
        (folder / f"{i:02}.md").write_text(f"# Note {i}\n\nThe number of this note is {i}.\n")
    last, growing = folder / "39.md", threading.Event()

    def grow(*_: object) -> None:
        if not growing.is_set():
            growing.set()
            last.write_text("# Note\n\nIt says something else now.\n")

    kb = library.create("default")
    first = {Path(o.source).name: o for o in kb.ingest([folder], progress=grow).documents}
    again = _statuses(kb.ingest([folder]))
    changed = first["39.md"].status == "failed" and "changed while" in (first["39.md"].error or "")
    assert changed or again["39.md"] == "indexed"
    texts = [chunk.text for document in kb.documents() for chunk in kb.chunks(document.id)]
    assert sum("something else" in text for text in texts) == 1
    assert sum("is 39" in text for text in texts) == 0


def test_a_cancelled_ingest_leaves_whole_documents_only(library: Library, tmp_path: Path) -> None:
    folder, cancel = tmp_path / "documents", threading.Event()
    folder.mkdir()
    for i in range(120):
        (folder / f"{i:03}.md").write_text("\n\n".join(f"# Part {j}\n\nPart {j} of note {i}." for j in range(4)))
    kb = library.create("default")
    kb.ingest([folder], cancel=cancel, progress=lambda *_: cancel.set())
    assert 0 < len(kb.documents()) < 120
    assert set(kb.chunk_counts().values()) == {4}
    assert kb.verify().ok


def test_reading_again_renews_a_document_in_place(kb: KnowledgeBase) -> None:
    document = kb.document("lamp.md")
    report = kb.reparse(["lamp.md"])
    assert [outcome.status for outcome in report.documents] == ["indexed"]
    assert kb.document("lamp.md") == document
    assert kb.verify().ok


def test_reading_again_needs_the_file_as_it_was(kb: KnowledgeBase, folder: Path) -> None:
    (folder / "lamp.md").write_text("# Lamp\n\nAnother text.\n")
    (outcome,) = kb.reparse(["lamp.md"]).documents
    assert outcome.status == "failed"
    assert "whale oil" in kb.search("What does the lamp burn?", k=1).hits[0].chunk.text


def test_an_empty_folder_is_one_clear_error(library: Library, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="There are no files in"):
        library.create("default").ingest([tmp_path / "empty"])


def _read_again(kb: KnowledgeBase, folder: Path, *, retry: bool = False) -> bool:
    """Whether a process begun since was at work when the failure was told."""
    before, at_work = set(psutil.Process().children()), list[bool]()

    def told(outcome: FileOutcome, *_: int) -> None:
        if outcome.status == "failed":
            at_work.append(bool(set(psutil.Process().children()) - before))

    kb.ingest([folder], progress=told, retry=retry)
    return at_work == [True]


def test_what_could_not_be_read_is_tried_again_only_for_a_reason(
    kb: KnowledgeBase, library: Library, folder: Path, settings: Settings
) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 garbage")
    assert _read_again(kb, folder)
    assert not _read_again(kb, folder)
    assert _read_again(kb, folder, retry=True)
    library.close()
    patient = settings.model_copy(update={"parsing": settings.parsing.model_copy(update={"timeout_s": 99.0})})
    reopened = Library(patient, exclusive=True)
    assert _read_again(reopened.open("default"), folder)
    reopened.close()


def test_a_file_that_cannot_be_read_any_more_is_said_to_stay_as_it_was(kb: KnowledgeBase, folder: Path) -> None:
    (folder / "lamp.md").write_text("")
    (outcome,) = [o for o in kb.ingest([folder]).documents if o.status == "failed"]
    assert (outcome.error or "").endswith("What was indexed of it before stays.")


def test_a_file_over_the_limit_is_not_even_hashed(kb: KnowledgeBase, folder: Path) -> None:
    with (folder / "image.pdf").open("wb") as file:
        file.truncate(6 << 30)
    started = time.monotonic()
    (outcome,) = [o for o in kb.ingest([folder]).documents if o.status == "failed"]
    assert "6144 MiB" in (outcome.error or "")
    assert time.monotonic() - started < 3


def test_removing_one_of_several_copies_leaves_the_others(kb: KnowledgeBase, folder: Path) -> None:
    shutil.copy(folder / "lamp.md", folder / "copy.md")
    kb.ingest([folder])
    assert kb.remove(["lamp.md"]) == 1
    assert _sources(kb) == [["copy.md"], ["lens.md"]]
    assert kb.remove([kb.document("copy.md").id]) == 1
    assert kb.verify().ok


def test_a_cancel_before_anything_is_read_changes_nothing(kb: KnowledgeBase, folder: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    (folder / "lamp.md").unlink()
    assert kb.ingest([folder], cancel=cancel).documents == ()
    assert len(kb.documents()) == 2
