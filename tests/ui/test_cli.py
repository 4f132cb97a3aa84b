"""The command line as its users and scripts meet it: JSON as documented, exit codes, one line per error."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
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
    (root / "documents" / "lamp.md").write_text("# Lamp\n\n## Warranty\n\nThe lamp has a warranty of two years.\n")
    (root / "documents" / "假期.md").write_text("# 员工手册\n\n## 年假\n\n员工每年有十二天带薪年假。\n")
    assert main(["--data-dir", str(root / "data"), "ingest", str(root / "documents")]) == 0
    return root


@pytest.fixture
def home(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built / "data", tmp_path / "data")


def _run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, dict[str, Any], str]:
    """Exit code, the one JSON document on stdout, and stderr."""
    capsys.readouterr()
    code = main([*map(str, arguments), "--json"])
    out, err = capsys.readouterr()
    return code, json.loads(out), err


def test_help_lists_every_command() -> None:
    done = subprocess.run([sys.executable, "main.py", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for command in ("ui", "ingest", "ask", "search", "chat", "kb", "eval", "sandbox", "conversations", "doctor"):
        assert f"  {command} " in done.stdout


def test_ingest_reports_every_document(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\nText.\n")
    (tmp_path / "b.xyz").write_text("?")
    code, document, _ = _run(capsys, "ingest", tmp_path, "--kb", "k", "--data-dir", tmp_path / "data")
    assert code == 0
    assert set(document) == {"kb", "documents", "chunks_total", "seconds", "stage_seconds"}
    assert set(document["stage_seconds"]) == {"parse", "chunk", "embed", "index"}
    outcomes = {Path(d["source"]).name: d for d in document["documents"]}
    assert set(outcomes["a.md"]) == {"source", "status", "chunks", "pages", "parser", "seconds", "error"}
    assert (outcomes["a.md"]["status"], outcomes["b.xyz"]["status"]) == ("indexed", "failed")


def test_search_gives_hits_with_their_place(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    code, document, _ = _run(capsys, "search", "warranty of the lamp", "-k", "1", "--data-dir", home)
    assert code == 0
    assert set(document) == {"query", "strategy", "hits", "steps", "ms"}
    (hit,) = document["hits"]
    keys = {"rank", "chunk_id", "document_id", "source", "copies", "page", "headings", "text", "scores"}
    assert set(hit) == keys
    assert hit["headings"] == ["Lamp", "Warranty"]
    assert {"dense", "lexical", "fused"} == set(hit["scores"])
    assert {"name", "ms"} <= set(document["steps"][0])


@pytest.mark.parametrize(
    ("question", "source", "part"),
    [("How long is the warranty of the lamp?", "lamp.md", "two years"), ("年假有几天？", "假期.md", "十二天")],
    ids=["english", "chinese"],
)
def test_ask_answers_with_a_citation_that_can_be_checked(
    capsys: pytest.CaptureFixture[str], home: Path, question: str, source: str, part: str
) -> None:
    code, document, _ = _run(capsys, "ask", question, "--data-dir", home)
    assert code == 0
    expected = {"conversation_id", "title", "answer", "abstained", "citations", "support", "removed_markers"}
    expected |= {"messages", "usage", "steps", "artifacts", "ms"}
    assert set(document) == expected
    assert document["artifacts"] == []
    assert part in document["answer"]
    assert not document["abstained"]
    citation = document["citations"][0]
    assert Path(citation["source"]).name == source
    assert part in citation["quote"]
    assert {"marker", "source", "page", "boxes", "quote", "chunk_id"} <= set(citation)
    assert [m["agent"] for m in document["messages"]] == ["retriever", "assistant"]
    assert set(document["usage"]) == {"prompt_tokens", "completion_tokens", "calls", "cost"}


def test_a_question_the_documents_do_not_answer_abstains(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    code, document, _ = _run(capsys, "ask", "Who won the football world cup in 1998?", "--data-dir", home)
    assert code == 0
    assert document["abstained"]
    assert document["citations"] == []


def test_conversations_are_kept(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    _, asked, _ = _run(capsys, "ask", "How long is the warranty?", "--data-dir", home)
    _, listed, _ = _run(capsys, "conversations", "list", "--data-dir", home)
    assert listed["conversations"][0]["id"] == asked["conversation_id"]
    _, shown, _ = _run(capsys, "conversations", "show", asked["conversation_id"], "--data-dir", home)
    assert shown["events"][0]["type"] == "RunStarted"
    assert shown["events"][-1]["type"] == "RunCompleted"


def test_kb_commands(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    _, listed, _ = _run(capsys, "kb", "list", "--data-dir", home)
    assert listed["knowledge_bases"] == [{"kb": "default", "documents": 2, "chunks": 2}]
    _, shown, _ = _run(capsys, "kb", "show", "--data-dir", home)
    assert {Path(d["source"]).name for d in shown["documents"]} == {"lamp.md", "假期.md"}
    _, verified, _ = _run(capsys, "kb", "verify", "--data-dir", home)
    expected = {"kb": "default", "ok": True, "documents": 2, "chunks": 2, "vectors": 2, "lexical": 2, "problems": []}
    assert verified == expected
    _, removed, _ = _run(capsys, "kb", "remove", "lamp.md", "--data-dir", home)
    assert removed == {"kb": "default", "removed": 1}
    _run(capsys, "kb", "delete", "default", "--yes", "--data-dir", home)
    assert _run(capsys, "kb", "list", "--data-dir", home)[1] == {"knowledge_bases": []}


def test_eval_measures_every_strategy(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text(
        '{"_id":"1","title":"Lamp","text":"The lamp has a warranty."}\n{"_id":"2","title":"","text":"A lens."}\n'
    )
    (tmp_path / "queries.jsonl").write_text('{"_id":"q","text":"warranty of the lamp"}\n')
    (tmp_path / "qrels.tsv").write_text("query\tdoc\tscore\nq\t1\t1\n")
    code, document, _ = _run(capsys, "eval", tmp_path, "--strategy", "dense,lexical", "--data-dir", tmp_path / "data")
    assert code == 0
    assert (document["queries"], document["documents"]) == (1, 2)
    assert [run["strategy"] for run in document["runs"]] == ["dense", "lexical"]
    names = {"strategy", "ndcg@10", "mrr@10", "recall@5", "recall@10", "recall@20", "ms_p50", "ms_p95"}
    assert set(document["runs"][0]) == names
    assert document["runs"][0]["ndcg@10"] == 1.0


def test_sandbox_runs_a_file_or_says_how_it_failed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, document, _ = _run(capsys, "sandbox", "check")
    assert code == 0
    assert document["backend"] == "bubblewrap"
    (tmp_path / "a.py").write_text("print(6 * 7)")
    code, document, _ = _run(capsys, "sandbox", "run", tmp_path / "a.py")
    assert (code, document["status"], document["stdout"]) == (0, "ok", "42\n")
    (tmp_path / "b.py").write_text("1 / 0")
    code, document, err = _run(capsys, "sandbox", "run", tmp_path / "b.py")
    assert (code, document["status"]) == (1, "error")
    assert "ZeroDivisionError" in err


def test_doctor_checks_what_is_needed(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    code, document, _ = _run(capsys, "doctor", "--data-dir", home)
    assert code == 0
    assert document["ok"]
    assert {"data directory", "language model", "embedding model", "sandbox"} <= {c["name"] for c in document["checks"]}


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["ingest", "/nowhere/at/all"], "The path /nowhere/at/all does not exist."),
        (["ingest", "{empty}"], "There are no files in"),
        (["ingest", "{unsupported}"], "cannot be read"),
        (["search", "x", "--kb", "nobody"], "There is no knowledge base 'nobody'."),
        (["ask", "x", "--kb", "nobody"], "There is no knowledge base 'nobody'."),
        (
            ["search", "x", "--strategy", "magic"],
            "There is no strategy 'magic'. Choose one of: dense, hybrid, lexical.",
        ),
        (["search", "x", "--filter", "colour=red"], "There is no filter 'colour'."),
        (["ask", "x", "--team", "crowd"], "'crowd'"),
        (["ask", "   "], "The question is empty."),
        (["eval", "/nowhere"], "The dataset folder /nowhere does not exist."),
        (["kb", "remove", "nothing.md"], "0 documents of 'default' match 'nothing.md'."),
        (["kb", "verify", "--kb", "nobody"], "There is no knowledge base 'nobody'."),
        (["conversations", "show", "nobody"], "There is no conversation 'nobody'."),
        (["--config", "/nowhere.yaml", "kb", "list"], "The config file /nowhere.yaml cannot be read"),
        (["--data-dir", "/proc/nowhere", "kb", "list"], "The data directory /proc/nowhere cannot be used"),
        (["sandbox", "run", "/nowhere.py"], "/nowhere.py cannot be read"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_exit_code_1(
    capsys: pytest.CaptureFixture[str], home: Path, tmp_path: Path, arguments: list[str], part: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.xyz").write_text("?")
    words = [word.format(empty=tmp_path / "empty", unsupported=tmp_path / "bad.xyz") for word in arguments]
    where = [] if "--data-dir" in words else ["--data-dir", str(home)]
    code, document, err = _run(capsys, *words, *where)
    assert code == 1
    assert set(document["error"]) == {"type", "message", "hint"}
    lines = err.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("Error: ")
    assert part in lines[0]


@pytest.mark.parametrize(
    "arguments",
    [["fly"], ["search"], ["search", "x", "-k", "0"], ["search", "x", "--filter", "nothing"], ["ui", "--port", "x"]],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str], home: Path) -> None:
    assert main([*arguments, "--data-dir", str(home)]) == 2


def test_a_second_writer_is_told_who_owns_the_data(
    capsys: pytest.CaptureFixture[str], home: Path, tmp_path: Path
) -> None:
    for i in range(400):
        (tmp_path / f"{i}.md").write_text(f"# {i}\n\nNote {i}.\n")
    command = [sys.executable, "main.py", "--data-dir", str(home), "ingest", str(tmp_path)]
    owner = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while not (home / "owner.json").exists():
        assert owner.poll() is None
        time.sleep(0.02)
    code, document, err = _run(capsys, "ingest", tmp_path, "--data-dir", home)
    assert code == 1
    assert document["error"]["type"] == "DataDirectoryInUse"
    assert f"process {owner.pid} (ingest)" in err
    owner.send_signal(signal.SIGINT)
    _, owner_err = owner.communicate(timeout=30)
    assert owner.returncode == 130
    assert owner_err.strip().splitlines()[-1] == "Interrupted."
    assert _run(capsys, "kb", "verify", "--data-dir", home)[1]["ok"]
