"""The documentation is true: every example of the README runs, every link leads somewhere."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.openai_server import ScriptedServer
from tests.openai_steps import call, say
from ui.cli import main

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|python)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = tmp_path_factory.mktemp("readme")
    return {**os.environ, "ROUNDTABLE_DATA_DIR": str(home / "data"), "PYTHONPATH": str(ROOT)}


def _run(words: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_of_the_readme_runs(environment: dict[str, str]) -> None:
    steps = [call("run_python", {"code": "print(5 * 12)"}), say("60 months, that is 5 years [1]."), say("Supported.")]
    with ScriptedServer(steps) as server:
        for kind, block in BLOCKS:
            if kind == "python":
                output = _run([sys.executable, "-c", block], environment)
                assert "assistant: " in output
                continue
            for line in block.splitlines():
                _line(line, environment, server.base_url)


def _line(line: str, environment: dict[str, str], base_url: str) -> None:
    words = shlex.split(line, comments=True)
    if words[0] == "make":
        assert _run(["make", "--dry-run", *words[1:]], environment)
    elif words[0] == "export":
        name, value = words[1].split("=")
        environment[name] = base_url if name.endswith("BASE_URL") else value
    else:
        assert words[0] == "python"
        assert words[1] == "main.py" or words[1].startswith("examples/")
        assert _run([sys.executable, *words[1:]], environment)
        for name in [name for name in environment if name.startswith("ROUNDTABLE_LLM")]:
            del environment[name]


def test_every_command_for_conversations_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "conversations.md").read_text(encoding="utf-8")
    (commands,) = re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    monkeypatch.setenv("ROUNDTABLE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["ingest", str(ROOT / "examples" / "documents" / "warranty-and-returns.html")]) == 0
    ids = []
    for _ in range(2):
        capsys.readouterr()
        assert main(["ask", "How long is the warranty of a Petrel barometer?", "--json"]) == 0
        ids.append(json.loads(capsys.readouterr().out)["conversation_id"])
    words = {"ID": ids[0], "OTHER": ids[1], "answer.md": str(tmp_path / "answer.md"), "12": "3"}
    lines = [line for line in commands.splitlines() if " delete " not in line]
    assert len(lines) > 8
    for line in [*lines, "python main.py conversations delete OTHER --yes"]:
        assert main([words.get(word, word) for word in shlex.split(line)[2:]]) == 0, line
    assert "Petrel" in (tmp_path / "answer.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "page", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=lambda p: p.name
)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []
