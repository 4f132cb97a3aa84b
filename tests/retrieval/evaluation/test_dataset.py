"""Dataset folders: what is read, and what is said of a broken one."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.errors import DatasetError
from retrieval.evaluation.corpus import write_corpus
from retrieval.evaluation.dataset import Record, load_dataset


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "corpus.jsonl").write_text('{"_id":"d1","title":"T","text":"one"}\n{"_id":"d2","text":"two"}\n')
    (tmp_path / "queries.jsonl").write_text('{"_id":"q1","text":"first"}\n{"_id":"q2","text":"unjudged"}\n')
    (tmp_path / "qrels.tsv").write_text("query\tdoc\tscore\nq1\td2\t2\nq1\td1\t0\n")
    return tmp_path


def test_queries_without_judgement_are_left_out(folder: Path) -> None:
    dataset = load_dataset(folder)
    assert dataset.queries == (("q1", "first"),)
    assert dataset.qrels == {"q1": {"d2": 2.0, "d1": 0.0}}
    assert dataset.corpus == (Record("d1", "T", "one"), Record("d2", "", "two"))


@pytest.mark.parametrize(
    ("file", "content", "part"),
    [
        ("corpus.jsonl", None, "corpus.jsonl cannot be read"),
        ("corpus.jsonl", '{"_id":"d1","text":"x"}\nnot json\n', "Line 2 of"),
        ("corpus.jsonl", '{"_id":"d1"}\n', "Line 1 of"),
        ("qrels.tsv", "h\nq1 d2 1\n", "Line 2 of"),
        ("qrels.tsv", "query\tdoc\tscore\nq9\td2\t1\n", "No query of"),
    ],
)
def test_a_broken_dataset_names_file_and_line(folder: Path, file: str, content: str | None, part: str) -> None:
    path = folder / file
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(DatasetError, match=part):
        load_dataset(folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="nowhere does not exist"):
        load_dataset(tmp_path / "nowhere")


@pytest.mark.parametrize("identity", ["plain", "a:0-10", "x/y", "..", "战国" * 200])
def test_any_record_id_has_a_file(tmp_path: Path, identity: str) -> None:
    names = write_corpus([Record(identity, "T", "text")], tmp_path)
    (path,) = tmp_path.iterdir()
    assert names == {path.name: identity}


def test_writing_a_corpus_again_touches_nothing(tmp_path: Path) -> None:
    records = [Record("a", "Title", "* not a list\n1. nor this"), Record("b", "", "plain")]
    write_corpus(records, tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    write_corpus(records, tmp_path)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    write_corpus(records[:1], tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".md"]
