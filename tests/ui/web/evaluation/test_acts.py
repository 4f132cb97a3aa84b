"""What may be done on the evaluation tab, by whom, before a real application and without a browser."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from configs.settings import Settings
from retrieval.evaluation.questions import Question
from tests.ui.web.evaluation.given import FILES, Here, zipped
from tests.ui.web.evaluation.recorded import ASKED, DENSE, HEAD, HYBRID, TITLES
from tests.ui.web.real_app import KB
from tests.ui.web.waiting import until
from ui.web.evaluation.acts import Acts
from ui.web.evaluation.bench import Bench
from ui.web.evaluation.desk import Desk
from ui.web.evaluation.page import EvaluationPage
from ui.web.evaluation.prepared import Prepared
from ui.web.evaluation.question_store import QuestionStore
from ui.web.evaluation.run_store import RunStore
from ui.web.evaluation.screens import REGIONS, Screens
from ui.web.evaluation.watching import Watching
from ui.web.session import Sessions
from ui.web.visitor import USER, NotAllowed, Role, Visitor


def visitor(role: Role) -> Visitor:
    return Visitor(owner=role, role=role, browser="b", language="en")


class Seat:
    """A visitor at a desk of their own, without a browser."""

    def __init__(self, here: Here, home: Path, role: Role = "admin") -> None:
        settings = Settings(data_dir=home, kb=KB)
        self.bench, self.questions = Bench(home / "runs"), QuestionStore(home / "questions")
        self.acts = Acts(lambda: here.app, settings, self.bench, self.questions)
        self.who, self.desk = visitor(role), Desk()

    def do(self, act: str, **data: Any) -> str:
        """The sentence of what went wrong, empty when nothing did."""
        self.desk = self.acts.do(self.who, self.desk, act, data)
        return self.desk.problem.message if self.desk.problem else ""


@pytest.mark.parametrize("act", ["run", "cancel", "delete", "put", "remove", "examples", "import"])
def test_who_only_reads_can_change_nothing(here: Here, tmp_path: Path, act: str) -> None:
    seat = Seat(here, tmp_path, "reader")
    seat.bench.runs.begin(HEAD, ASKED)
    seat.questions.put(KB, Question(text="a", id="1"))
    seat.do("look")
    seat.do(act, kb=KB, id="1", run=HEAD.id, text="b", strategies=["dense"], k="9", source="questions")
    assert isinstance(seat.desk.problem, NotAllowed)
    assert len(seat.bench.runs.heads()) == 1
    assert [question.text for question in seat.questions.all(KB)] == ["a"]


def test_who_only_reads_sees_and_compares_runs(here: Here, tmp_path: Path) -> None:
    seat = Seat(here, tmp_path, "reader")
    seat.bench.runs.begin(HEAD, ASKED)
    assert seat.do("look") + seat.do("open", run=HEAD.id) + seat.do("compare", what="measure", value="recall@5") == ""
    assert (seat.desk.run, seat.desk.measure) == (HEAD.id, "recall@5")


def test_an_editor_may_name_no_path_of_the_server(here: Here, tmp_path: Path) -> None:
    form: dict[str, Any] = {"source": "dataset", "path": str(tmp_path / "set"), "strategies": ["dense"], "k": "9"}
    editor = Seat(here, tmp_path / "home", "editor")
    editor.do("run", **form)
    assert isinstance(editor.desk.problem, NotAllowed)
    assert "does not exist" in Seat(here, tmp_path / "home", "admin").do("run", **form)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"strategies": []}, "one to four strategies"),
        ({"strategies": "dense"}, "one to four strategies"),
        ({"strategies": ["a", "b", "c", "d", "e"]}, "one to four strategies"),
        ({"strategies": ["../secret"]}, "no strategy"),
        ({"k": "0"}, "from 1 to 100"),
        ({"k": "101"}, "from 1 to 100"),
        ({"k": "1e1"}, "from 1 to 100"),
        ({"k": 9}, "from 1 to 100"),
        ({"kb": "unknown"}, "no knowledge base"),
        ({"kb": ["x"]}, "no knowledge base"),
        ({}, "No question expects a document"),
        ({"source": "dataset"}, "Choose a dataset"),
        ({"source": "dataset", "dataset": "../runs"}, "no longer kept"),
    ],
)
def test_what_cannot_be_measured_is_told_in_a_sentence(
    here: Here, tmp_path: Path, form: dict[str, Any], told: str
) -> None:
    seat = Seat(here, tmp_path)
    seat.questions.put(KB, Question(text="a", sources=("gone.pdf",)))
    good = {"source": "questions", "kb": KB, "strategies": ["dense"], "k": "9"}
    assert told in seat.do("run", **{**good, **form})
    assert seat.bench.runs.heads() == []


def test_forged_values_change_nothing(here: Here, tmp_path: Path) -> None:
    seat = Seat(here, tmp_path)
    seat.do("look")
    before = seat.desk
    for what in ("measure", "order", "first", "second", "nonsense"):
        for value in (None, 7, ["x"], {"a": 1}):
            seat.do("compare", what=what, value=value)
    seat.do("nonsense")
    seat.do("put", kb=KB, text=["a"], sources="b", id=3)
    assert (seat.desk.measure, seat.desk.order, seat.desk.first) == (before.measure, before.order, before.first)
    assert seat.questions.all(KB) == ()


def test_a_question_counts_for_a_copy_of_its_document_and_without_one_is_left_out(here: Here, tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    for name in ("first.md", "second.md"):
        (folder / name).write_text("The ferry leaves at nine.")
    here.app.library.create("copies").ingest([folder])
    try:
        (document,) = here.app.library.open("copies").documents()
        seat = Seat(here, tmp_path / "home")
        for source in (Path(document.copies[0]).name, "gone.md"):
            seat.do("put", kb="copies", id=source[:4], text=f"Ferry of {source}?", sources=[source], answer="AT  nine")
        assert seat.do("run", source="questions", kb="copies", strategies=["lexical"], k="5") == ""
        until(lambda: seat.bench.progress is None)
        record = seat.bench.runs.record(seat.desk.run)
        assert (record.head.state, record.head.skipped, len(record.asked)) == ("done", 1, 1)
        assert record.found["lexical"][record.asked[0].key].ranking == tuple(record.asked[0].grades)
        assert record.found["lexical"][record.asked[0].key].answer_rank == 1
    finally:
        here.app.library.delete("copies")


def test_a_tab_is_of_one_browser_whatever_another_calls_its_own(here: Here, tmp_path: Path) -> None:
    seat, app = Seat(here, tmp_path), Prepared(lambda: here.app)
    watching = Watching(app, seat.acts, seat.bench, Screens(seat.bench, seat.questions))
    app.start()
    until(lambda: app.done)

    async def notice(browser: str) -> str:
        async for regions in watching.drawn(replace(visitor("admin"), browser=browser), "0" * 16, lambda: True):
            assert set(regions) == set(REGIONS)
            return regions["notice"]
        return ""

    async def both() -> tuple[str, str]:
        await watching.do(visitor("admin"), "0" * 16, "run", {"strategies": []})
        return await notice("b"), await notice("other")

    with ThreadPoolExecutor(1) as elsewhere:  # a browser's event loop may run in this thread
        mine, other = elsewhere.submit(asyncio.run, both()).result()
    assert "one to four strategies" in mine
    assert other == ""


class As:
    """Gives every request a signed-in person."""

    def __init__(self, app: ASGIApp, role: Role) -> None:
        self._app, self._role = app, role

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, USER: ("somebody", self._role)}, receive, send)


@pytest.mark.parametrize(("role", "status", "upload"), [("reader", 404, 403), ("editor", 200, 200)])
def test_files_go_to_whom_they_may(here: Here, tmp_path: Path, role: Role, status: int, upload: int) -> None:
    page, server = EvaluationPage(lambda: here.app, Settings(data_dir=tmp_path)), FastAPI()
    page.serve(server)
    QuestionStore(tmp_path / "evaluation" / "questions").put(KB, Question(text="假期有几天？", sources=("手册.md",)))
    runs = RunStore(tmp_path / "evaluation" / "runs", is_live=lambda _: True)
    runs.begin(HEAD, ASKED)
    runs.finish(runs.finish(HEAD, "dense", DENSE, TITLES), "hybrid", HYBRID, TITLES)
    client = TestClient(Sessions(As(server, role)))
    exported = client.get("/evaluation/questions", params={"kb": KB})
    assert exported.status_code == status
    assert ("假期有几天？" in exported.text) is (role == "editor")
    archive = zipped(tmp_path / "a.zip", FILES).read_bytes()
    answer = client.post("/evaluation/datasets", params={"name": "a.zip"}, content=archive)
    assert answer.status_code == upload
    assert (tmp_path / "evaluation" / "datasets" / "a").is_dir() is (role == "editor")
    asked = {"first": f"{HEAD.id}/dense", "second": f"{HEAD.id}/hybrid", "measure": "mrr@10", "order": "first"}
    assert client.get("/evaluation/differences.csv", params=asked).text.count("\r\n") == 4
    assert client.get("/evaluation/differences.csv", params=asked | {"only": 1}).text.count("\r\n") == 3
    for wrong in ({"first": "../x/dense"}, {"measure": "x"}, {"order": "x"}, {"second": f"{HEAD.id}/gone"}):
        assert client.get("/evaluation/differences.csv", params=asked | wrong).status_code == 404


def test_an_upload_larger_than_a_page_takes_is_refused(here: Here, tmp_path: Path) -> None:
    settings, server = Settings(data_dir=tmp_path), FastAPI()
    settings = settings.model_copy(update={"parsing": settings.parsing.model_copy(update={"max_file_mb": 1})})
    EvaluationPage(lambda: here.app, settings).serve(server)
    client = TestClient(Sessions(As(server, "editor")))
    answer = client.post("/evaluation/datasets", params={"name": "a.zip"}, content=b"x" * (4 * 2**20 + 1))
    assert "larger than 4 MiB" in answer.json()["problem"]
    assert not (tmp_path / "evaluation" / "datasets").exists()
