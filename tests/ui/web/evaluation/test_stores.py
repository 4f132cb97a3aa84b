"""What is kept: runs, questions and datasets, whatever happens in between."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.errors import DatasetError, SourceError
from retrieval.evaluation.questions import Question
from tests.ui.web.evaluation.given import FILES, zipped
from tests.ui.web.evaluation.recorded import ASKED, DENSE, HEAD, HYBRID, TITLES, record
from ui.web.evaluation.dataset_store import DatasetStore
from ui.web.evaluation.errors import UnknownEvaluation
from ui.web.evaluation.files import write_whole
from ui.web.evaluation.question_store import QuestionStore
from ui.web.evaluation.run_store import RunStore, new_id


def store(folder: Path, *, live: str = "") -> RunStore:
    return RunStore(folder, is_live=lambda run_id: run_id == live)


def test_a_run_is_read_as_it_was_kept(tmp_path: Path) -> None:
    runs = store(tmp_path)
    runs.begin(HEAD, ASKED)
    head = runs.finish(HEAD, "dense", DENSE, TITLES)
    head = runs.finish(head, "hybrid", HYBRID, TITLES)
    runs.put(replace(head, state="done"))
    assert store(tmp_path).record(HEAD.id) == record()


def test_a_run_cut_short_is_interrupted_and_keeps_the_strategies_that_were_finished(tmp_path: Path) -> None:
    runs = store(tmp_path, live=HEAD.id)
    runs.begin(HEAD, ASKED)
    runs.finish(HEAD, "dense", DENSE, TITLES)
    assert runs.head(HEAD.id).state == "running"
    found = store(tmp_path).record(HEAD.id)
    assert found.head.state == "interrupted"
    assert list(found.found) == ["dense"]


def test_runs_stand_newest_first_and_a_broken_one_hides_no_other(tmp_path: Path) -> None:
    runs = store(tmp_path)
    for number in (1, 3, 2):
        runs.begin(replace(HEAD, id=new_id(number * 100_000.0), started=number * 100_000.0), ASKED)
    broken = tmp_path / new_id(0.0)
    broken.mkdir()
    (broken / "run.json").write_text('{"id": "half')
    (tmp_path / "somebody's file").write_text("")
    assert [head.started for head in runs.heads()] == [300_000.0, 200_000.0, 100_000.0]


@pytest.mark.parametrize("run_id", ["", "..", "../../secret", "20250102-030405-0000000z", "20250102-030405-00000009"])
def test_a_name_that_is_no_run_reaches_no_file(tmp_path: Path, run_id: str) -> None:
    (tmp_path / "run.json").write_text(json.dumps(HEAD.as_dict()))
    with pytest.raises(UnknownEvaluation):
        store(tmp_path / "runs").head(run_id)
    with pytest.raises(UnknownEvaluation):
        store(tmp_path / "runs").delete(run_id)


def test_a_deleted_run_is_gone(tmp_path: Path) -> None:
    runs = store(tmp_path)
    runs.begin(HEAD, ASKED)
    runs.delete(HEAD.id)
    assert runs.heads() == []
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_whole_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_whole(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "new \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_changed_question_stays_in_its_place_and_the_others_as_they_are(tmp_path: Path) -> None:
    questions = QuestionStore(tmp_path)
    for number in range(3):
        questions.put("kb", Question(text=f"Question {number}?", id=str(number)))
    questions.put("kb", Question(text="Changed?", sources=("a.pdf",), id="1"))
    questions.remove("kb", "0")
    questions.remove("kb", "unknown")
    assert [question.text for question in QuestionStore(tmp_path).all("kb")] == ["Changed?", "Question 2?"]


def test_a_question_asked_twice_is_refused(tmp_path: Path) -> None:
    questions = QuestionStore(tmp_path)
    questions.put("kb", Question(text="How much?", id="1"))
    with pytest.raises(DatasetError, match="in the list already"):
        questions.put("kb", Question(text=" How  much? ", id="2"))
    questions.put("kb", Question(text="How much?", sources=("a.pdf",), id="1"))


def test_lists_of_knowledge_bases_with_like_names_stay_apart(tmp_path: Path) -> None:
    questions = QuestionStore(tmp_path)
    for kb in ("Handbook", "handbook", "a/b", "a_b", "../up"):
        questions.put(kb, Question(text=kb))
    assert [questions.all(kb)[0].text for kb in ("Handbook", "handbook", "a/b", "a_b", "../up")] == [
        "Handbook", "handbook", "a/b", "a_b", "../up",
    ]  # fmt: skip
    assert len(list(tmp_path.iterdir())) == 5


def test_a_broken_list_is_named_and_not_overwritten(tmp_path: Path) -> None:
    questions = QuestionStore(tmp_path)
    questions.put("kb", Question(text="How much?"))
    (path,) = tmp_path.iterdir()
    path.write_text("half a line")
    with pytest.raises(DatasetError, match=path.name):
        questions.put("kb", Question(text="Another?"))
    assert path.read_text() == "half a line"


@pytest.mark.parametrize("inside", ["", "scifact/", "deep/er/"])
def test_a_dataset_is_taken_from_any_folder_of_a_zip(tmp_path: Path, inside: str) -> None:
    datasets = DatasetStore(tmp_path / "datasets")
    archive = zipped(tmp_path / "a.zip", {f"{inside}{name}": text for name, text in FILES.items()} | {"README.md": "x"})
    assert datasets.keep(archive, "scifact.zip") == "scifact"
    assert datasets.keep(archive, "scifact.zip") == "scifact (2)"
    assert datasets.names() == ["scifact", "scifact (2)"]
    assert sorted(path.name for path in datasets.path("scifact").iterdir()) == sorted(FILES)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({name: text for name, text in FILES.items() if name != "qrels.tsv"}, "no qrels.tsv"),
        (FILES | {"other/qrels.tsv": ""}, "2 qrels.tsv"),
        (FILES | {"queries.jsonl": "nonsense"}, "Line 1 of queries.jsonl"),
    ],
)
def test_a_broken_dataset_is_told_and_not_kept(tmp_path: Path, files: dict[str, str], told: str) -> None:
    datasets = DatasetStore(tmp_path / "datasets")
    with pytest.raises(DatasetError, match=told) as raised:
        datasets.keep(zipped(tmp_path / "a.zip", files), "a.zip")
    assert str(tmp_path) not in str(raised.value)
    assert list((tmp_path / "datasets").iterdir()) == []


def test_what_is_no_zip_is_told_and_not_kept(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("no zip")
    with pytest.raises(SourceError, match="cannot be read as a ZIP"):
        DatasetStore(tmp_path / "datasets").keep(tmp_path / "a.zip", "a.zip")


@pytest.mark.parametrize("name", ["", "..", "../runs", ".hidden"])
def test_a_name_that_is_no_dataset_reaches_no_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "datasets" / ".hidden").mkdir(parents=True)
    with pytest.raises(UnknownEvaluation):
        DatasetStore(tmp_path / "datasets").path(name)
