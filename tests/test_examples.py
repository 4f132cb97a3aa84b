"""The examples run as they stand there, each as a process of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agents.app import build_app
from configs.settings import load_settings
from tests.agents.reader import Reader
from tests.openai_server import ScriptedServer, call, fail, say

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
WARRANTY, HANDBOOK = "warranty-and-returns.html", "临潮工坊员工手册.md"
CLOCK = "How long is the warranty of a Tidewatch clock?"
PLOT = "import matplotlib.pyplot as plt\nplt.bar(['Petrel', 'Tidewatch'], [240, 1150])\nplt.show()"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of the sample documents, one English, one Chinese."""
    folder = tmp_path_factory.mktemp("documents")
    for name in (WARRANTY, HANDBOOK):
        shutil.copy(EXAMPLES / "documents" / name, folder)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Path:
    """A data directory with those in the knowledge base `handbook`."""
    home = tmp_path_factory.mktemp("data")
    app = build_app(load_settings(data_dir=home))
    app.library.create("handbook").ingest([folder])
    app.close()
    return home


def run(
    script: str, *arguments: Any, home: Path, server: ScriptedServer | None = None, **settings: str
) -> subprocess.CompletedProcess[str]:
    chosen = {"DATA_DIR": str(home), "KB": "handbook", **settings}
    if server:
        model = {"PROVIDER": "openai", "BASE_URL": server.base_url, "MODEL": "scripted", "MAX_RETRIES": "0"}
        chosen.update({f"LLM__{name}": value for name, value in model.items()})
    return subprocess.run(
        [sys.executable, EXAMPLES / script, *map(str, arguments)],
        env={**os.environ, **{f"ROUNDTABLE_{name}": value for name, value in chosen.items()}},
        capture_output=True,
        text=True,
        check=False,
    )


def printed(*arguments: Any, **how: Any) -> str:
    done = run(*arguments, **how)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_is_short() -> None:
    assert {
        path.name for path in EXAMPLES.glob("*.py") if len(path.read_text(encoding="utf-8").splitlines()) >= 40
    } == set()


def test_plain_agents_compute_in_one_session(home: Path) -> None:
    output = printed("sandbox_session.py", home=home)
    assert "Code output: 3 prices\n" in output
    assert "Code output: in all 84\n" in output


class TestAskAFolder:
    def test_the_answer_names_its_file(self, home: Path, folder: Path) -> None:
        (folder / "broken.pdf").write_text("no PDF")
        done = run("ask_a_folder.py", folder, CLOCK, home=home)
        (folder / "broken.pdf").unlink()
        assert done.returncode == 0
        assert "8 years [1]" in done.stdout
        assert done.stdout.splitlines()[-1] == f"[1] {folder / WARRANTY}"
        assert re.search(r"^Not read: .*broken\.pdf: \S", done.stderr, re.M)

    def test_a_chinese_question_is_answered_from_the_chinese_handbook(self, home: Path, folder: Path) -> None:
        output = printed("ask_a_folder.py", folder, "年假有多少天？", home=home)
        assert "12天" in output
        assert output.splitlines()[-1] == f"[1] {folder / HANDBOOK}"

    def test_an_empty_folder_is_one_sentence_at_the_end(self, tmp_path: Path, home: Path) -> None:
        done = run("ask_a_folder.py", tmp_path, CLOCK, home=home)
        assert done.returncode == 1
        assert f"There are no files in {tmp_path}." in done.stderr.splitlines()[-1]


def said(output: str) -> dict[str, str]:
    """What each agent of the two experts' table said."""
    return dict(re.findall(r"^(prices|seller|terms|lawyer|judge): (.*?)\n\n(?=\w+: |\Z)", output, re.M | re.S))


class TestTwoExperts:
    def test_each_is_shown_passages_of_its_own_documents(self, home: Path) -> None:
        words = said(printed("two_experts.py", home=home))
        assert set(re.findall(r"\] (\S+?)(?:,| —)", words["prices"])) == {"price-list-2025.xlsx"}
        assert set(re.findall(r"\] (\S+?)(?:,| —)", words["terms"])) == {WARRANTY}
        assert "8 years" in words["judge"]

    def test_with_a_model_each_cites_its_own(self, home: Path) -> None:
        with ScriptedServer(Reader()) as server:
            words = said(printed("two_experts.py", "How much does a Tidewatch cost?", home=home, server=server))
            seller, lawyer, _judge = (json.dumps(request.body["messages"]) for request in server.requests)
        assert "price-list-2025.xlsx" in seller
        assert WARRANTY not in seller
        assert WARRANTY in lawyer
        for expert, retriever in (("seller", "prices"), ("lawyer", "terms")):
            cited = re.findall(r"\[\d+\]", words[expert])
            assert cited
            assert set(cited) <= set(re.findall(r"^\[\d+\]", words[retriever], re.M))


class TestAnalystPlot:
    def test_without_a_model_it_says_so_in_one_sentence(self, home: Path) -> None:
        done = run("analyst_plot.py", home=home)
        assert done.returncode == 1
        assert done.stderr == "This example needs a language model; the README says how to set one.\n"

    def test_it_allows_the_code_and_says_where_the_picture_is(self, home: Path) -> None:
        steps = [call("run_python", {"code": PLOT}), say("The plot shows both prices [1]."), say("APPROVED")]
        how = {"SANDBOX__APPROVAL": "always", "SANDBOX__BACKENDS": "bubblewrap"}
        with ScriptedServer(steps) as server:
            output = printed("analyst_plot.py", home=home, server=server, **how)
        assert f"Allowed, because Every run of code is asked for.\n{PLOT}\n" in output
        assert "The plot shows both prices [1]." in output
        picture = Path(output.splitlines()[-1].partition(".png: ")[2])
        assert picture.read_bytes().startswith(b"\x89PNG")


class TestReportWriter:
    def test_the_report_is_the_one_after_the_review(self, tmp_path: Path, home: Path) -> None:
        drafts = [
            say("Clocks have 9 years [1]."),
            say("REVISE\nThe passage says 8."),
            say("Clocks have a warranty of 8 years [1]."),
        ]
        with ScriptedServer(drafts) as server:
            output = printed("report_writer.py", CLOCK, tmp_path / "r.md", home=home, server=server)
        assert output.splitlines()[:4] == [f"{name} is done." for name in ("retriever", "writer", "critic", "writer")]
        report = (tmp_path / "r.md").read_text(encoding="utf-8")
        assert "### Answer\n\nClocks have a warranty of 8 years [1]." in report
        assert re.search(rf"### Sources\n\n- \[1\] {WARRANTY}: ", report)
        assert "The passage says 8." in report
        assert "1970" not in report

    def test_without_a_model_it_is_quotations(self, tmp_path: Path, home: Path) -> None:
        printed("report_writer.py", "年假有多少天？", tmp_path / "r.md", home=home)
        assert "12天" in (tmp_path / "r.md").read_text(encoding="utf-8").partition("### Answer")[2]


class TestNightlyBatch:
    def test_every_question_becomes_a_line(self, tmp_path: Path, home: Path) -> None:
        asked: list[dict[str, Any]] = [
            {"id": 1, "question": CLOCK},
            {"question": "年假有多少天？"},
            {"id": "empty", "question": " "},
        ]
        english, chinese, empty = batch(tmp_path, asked, home=home)
        assert english["id"] == 1
        assert "8 years" in english["answer"]
        assert [Path(citation["source"]).name for citation in english["citations"]] == [WARRANTY]
        assert set(english["usage"]) == {"prompt_tokens", "completion_tokens", "calls", "cost"}
        assert chinese["id"] == "年假有多少天？"
        assert [Path(citation["source"]).name for citation in chinese["citations"]] == [HANDBOOK]
        assert empty == {"id": "empty", "question": " ", "error": "The question is empty. Type a question."}

    def test_what_failed_or_was_cut_short_is_asked_again_and_nothing_else(self, tmp_path: Path, home: Path) -> None:
        asked = [{"id": name, "question": CLOCK} for name in ("good", "bad", "cut")]
        good = say("It is 8 years [1].")
        with ScriptedServer([good, fail(400, "too odd"), good]) as server:
            first = batch(tmp_path, asked, home=home, server=server)
        assert [line["id"] for line in first if "answer" in line] == ["good", "cut"]
        assert "too odd" in first[1]["error"]
        answers = tmp_path / "answers.jsonl"
        answers.write_bytes(answers.read_bytes()[:-10])
        with ScriptedServer([good, good]) as server:
            second = batch(tmp_path, asked, home=home, server=server)
        assert [line["id"] for line in second] == ["good", "bad", "bad", "cut"]
        assert [line["id"] for line in second if "answer" in line] == ["good", "bad", "cut"]
        assert second[2]["usage"]["calls"] == 1


def batch(folder: Path, questions: list[dict[str, Any]], **how: Any) -> list[dict[str, Any]]:
    lines = "".join(f"{json.dumps(question)}\n" for question in questions)
    (folder / "questions.jsonl").write_text(lines, encoding="utf-8")
    printed("nightly_batch.py", folder / "questions.jsonl", folder / "answers.jsonl", **how)
    return [json.loads(line) for line in (folder / "answers.jsonl").read_text(encoding="utf-8").splitlines()]
