"""Adding, reading again and embedding anew over a real library; deletions really delete; reasons are real ones."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from agents.app import App
from configs.errors import AppError
from retrieval.errors import UnknownDocument
from tests.retrieval.parsing.locking import lock
from tests.retrieval.parsing.sheets import Sheet, write_pdf
from tests.ui.web.waiting import until
from ui.web.launch import SAMPLES
from ui.web.library.job import Job
from ui.web.library.reasons import reason
from ui.web.library.record import Record
from ui.web.library.works import Adding, Reembedding, Rereading, kept_sources
from ui.web.library.workshop import Workshop, open_workshop
from ui.web.undoing import Undoing
from ui.web.uploads import Shelf


def _shop(app: App) -> Workshop:
    return open_workshop(lambda: app, Shelf(folder=app.settings.home / "uploads", max_mb=1), app.settings, Undoing())


@pytest.fixture
def shop(app: App) -> Workshop:
    return _shop(app)


@pytest.fixture
def kb(app: App, request: pytest.FixtureRequest) -> str:
    name = str(request.node.name)[:60]
    app.library.create(name)
    return name


def _done(shop: Workshop, kb: str) -> Job:
    until(lambda: not any(job.going for job in shop.jobs.of(kb, "")), within_s=90)
    return shop.jobs.of(kb, "")[0]


def _add(shop: Workshop, app: App, kb: str, **what: object) -> Job:
    shop.jobs.add(kb, "", "add", Adding(app=app, shelf=shop.shelf, kb=kb, **what))  # type: ignore[arg-type]
    return _done(shop, kb)


def test_every_file_of_an_upload_tells_what_became_of_it(shop: Workshop, app: App, kb: str, tmp_path: Path) -> None:
    program, empty, broken, large = (tmp_path / name for name in ("tool.exe", "empty.txt", "broken.pdf", "large.txt"))
    program.write_bytes(b"MZ\0\1" * 99)
    empty.touch()
    broken.write_bytes(b"%PDF-1.4\nrubbish")
    large.write_text("x" * (2 << 20))
    packed = tmp_path / "two.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("tide.md", "# Tides\n\nHigh at noon.\n")
        archive.write(SAMPLES / "contacts.csv", "contacts.csv")
    locked = lock(write_pdf(tmp_path / "locked.pdf", [Sheet().text(72, 100, "The vault opens at nine.")]), "sesame")
    uploads = [SAMPLES / "contacts.csv", program, empty, broken, large, packed, locked]
    job = _add(shop, app, kb, uploads=uploads, addresses=["ftp://example.org/x"])
    told = {line.name: (line.status, reason(line.problem)) for line in job.lines}
    assert told == {
        "contacts.csv": ("indexed", "other"),
        "tool.exe": ("failed", "type"),
        "empty.txt": ("failed", "empty"),
        "broken.pdf": ("failed", "damaged"),
        "large.txt": ("failed", "large"),
        "two.zip": ("unpacked", "other"),
        "two.zip › tide.md": ("indexed", "other"),
        "two.zip › contacts.csv": ("indexed", "other"),
        "locked.pdf": ("failed", "encrypted"),
        "ftp://example.org/x": ("failed", "address"),
    }
    assert [Path(source).name for source in kept_sources(job)] == ["broken.pdf", "locked.pdf"]
    again = _add(shop, app, kb, places=kept_sources(job), again=True, password="sesame")
    assert {line.name: line.status for line in again.lines} == {"broken.pdf": "failed", "locked.pdf": "indexed"}
    duplicate = _add(shop, app, kb, uploads=[SAMPLES / "contacts.csv"])
    assert [line.status for line in duplicate.lines] == ["unchanged"]


def test_a_folder_of_this_machine_is_told_file_by_file_and_shown_in_windows(
    shop: Workshop, app: App, kb: str, tmp_path: Path
) -> None:
    (tmp_path / "deep").mkdir()
    for number in range(60):
        place = tmp_path / "deep" if number % 2 else tmp_path
        (place / f"note-{number:02}.txt").write_text(f"This is note {number}.")
    job = _add(shop, app, kb, places=[str(tmp_path)])
    assert (job.state, job.done, job.total) == ("done", 60, 60)
    assert {line.status for line in job.lines} == {"indexed"}
    first = shop.stock.window(kb, 0, words="", page=0)
    assert (len(first.rows), first.page, first.pages, first.total) == (50, 0, 2, 60)
    last = shop.stock.window(kb, 0, words="", page=99)
    assert (len(last.rows), last.page) == (10, 1)
    (found,) = shop.stock.window(kb, 0, words="NOTE 07", page=3).rows
    assert found.name == "note-07.txt"
    assert shop.stock.bytes(found.document) == len("This is note 7.")
    shop.deleting.document("", kb, found.document.id)
    shop.undoing.flush()
    assert shop.stock.window(kb, 1, words="note 07", page=0).matching == 0
    assert (tmp_path / "deep" / "note-07.txt").exists(), "only uploads go with their documents"


@pytest.fixture(scope="module")
def two(app: App, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A knowledge base of two uploaded documents."""
    shop, folder = _shop(app), tmp_path_factory.mktemp("two")
    (folder / "tides.txt").write_text("The tide is high at noon.")
    (folder / "gulls.txt").write_text("The gull sleeps on the roof.")
    app.library.create("two")
    _add(shop, app, "two", uploads=sorted(folder.iterdir()))
    return "two"


def test_documents_are_read_again_all_or_one(shop: Workshop, app: App, two: str) -> None:
    shop.jobs.add(two, "", "reparse", Rereading(app=app, kb=two))
    job = _done(shop, two)
    assert {(line.name, line.status) for line in job.lines} == {("gulls.txt", "indexed"), ("tides.txt", "indexed")}
    document = app.library.open(two).document("tides.txt")
    shop.jobs.add(two, "", "reparse", Rereading(app=app, kb=two, document_ids=[document.id]))
    assert [(line.name, line.status) for line in _done(shop, two).lines] == [("tides.txt", "indexed")]


def test_an_index_is_built_anew_and_a_cancelled_one_leaves_the_old(shop: Workshop, app: App, two: str) -> None:
    base = app.library.open(two)
    record = Record(Job(number=1, kb=two, owner="", kind="reembed"), lambda: None)
    record.cancel.set()
    Reembedding(app=app, kb=two, model="")(record)
    assert (record.job.done, app.library.names().count(two)) == (0, 1)
    assert base.search("gull", strategy="lexical").hits[0].document.source.endswith("gulls.txt")
    shop.jobs.add(two, "", "reembed", Reembedding(app=app, kb=two, model=""))
    job = _done(shop, two)
    assert (job.state, job.done, job.total) == ("done", 2, 2)
    assert base.search("gull", strategy="lexical").hits[0].document.source.endswith("gulls.txt")


def test_a_deleted_document_goes_at_once_and_its_upload_in_the_end(shop: Workshop, app: App, two: str) -> None:
    tides = app.library.open(two).document("tides.txt")
    key = ("document", two, tides.id)
    shop.deleting.document("", two, tides.id)
    assert [row.name for row in shop.stock.rows(two, 1)] == ["gulls.txt"]
    assert shop.deleting.name(key) == "tides.txt"
    assert shop.undoing.undo("", key)
    assert [row.name for row in shop.stock.rows(two, 2)] == ["gulls.txt", "tides.txt"]
    shop.deleting.document("", two, tides.id)
    shop.undoing.flush()
    assert [Path(document.source).name for document in app.library.open(two).documents()] == ["gulls.txt"]
    assert [path.name for path in (shop.shelf.folder / two).iterdir()] == ["gulls.txt"]
    with pytest.raises(UnknownDocument):
        shop.deleting.document("", two, tides.id)


def test_a_knowledge_base_goes_with_its_uploads_and_its_name_is_free_again(shop: Workshop, app: App, kb: str) -> None:
    shop.shelf.keep(SAMPLES / "contacts.csv", kb)
    shop.deleting.knowledge_base("", kb)
    assert kb not in shop.stock.names()
    assert kb in app.library.names()
    with pytest.raises(AppError, match="still being deleted"):
        shop.deleting.check_name(kb)
    shop.undoing.flush()
    assert kb not in app.library.names()
    assert not (shop.shelf.folder / kb).exists()
    shop.deleting.check_name(kb)


def test_what_is_added_again_while_its_deletion_waits_is_there_in_the_end(shop: Workshop, app: App, kb: str) -> None:
    _add(shop, app, kb, uploads=[SAMPLES / "contacts.csv"])
    shop.deleting.document("", kb, app.library.open(kb).document("contacts.csv").id)
    work = Adding(app=app, shelf=shop.shelf, kb=kb, uploads=[SAMPLES / "contacts.csv"])
    shop.begin(kb, "", "add", work)
    until(lambda: not any(job.going for job in shop.jobs.of(kb, "")), within_s=20)
    shop.undoing.flush()
    assert [Path(document.source).name for document in app.library.open(kb).documents()] == ["contacts.csv"]
    shop.deleting.knowledge_base("", kb)
    with pytest.raises(AppError, match="still being deleted"):
        shop.begin(kb, "", "add", work)
    shop.undoing.flush()
