"""Team files: the shipped ones are valid, and each mistake is one sentence naming file, field and what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from agents.errors import TeamError, UnknownTeam
from agents.team_file import load_team, read_team, team_names
from configs.errors import ConfigError

RETRIEVER = {"name": "retriever", "role": "retriever"}
ASSISTANT = {"name": "assistant", "role": "assistant"}


def written(folder: Path, content: Any) -> Path:
    path = folder / "mine.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return path


def team(*agents: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "mine", "agents": list(agents), **more}


def test_qa_is_a_retriever_and_an_assistant() -> None:
    assert [seat.role for seat in load_team("qa").agents] == ["retriever", "assistant"]


def test_analyst_has_tools_an_executor_and_a_critic() -> None:
    analyst = load_team("analyst")
    assert [seat.role for seat in analyst.agents] == [
        "retriever",
        "assistant",
        "tool_agent",
        "code_executor",
        "critic",
    ]
    documents = ("search_documents", "list_documents", "read_document", "read_table")
    assert analyst.assistant.tools == (*documents, "run_python", "run_shell")
    assert analyst.executors[0].tools == documents


@pytest.mark.parametrize("name", team_names())
def test_every_shipped_team_has_instructions(name: str) -> None:
    shipped = load_team(name)
    assert "NOT_IN_DOCUMENTS" in shipped.assistant.instructions
    assert shipped.critic is None or "REVISE" in shipped.critic.instructions


def test_an_unknown_team_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownTeam, match=r"There is no team 'x'.*analyst, qa"):
        load_team("x")


def test_a_team_can_be_any_file(tmp_path: Path) -> None:
    assert load_team(str(written(tmp_path, team(RETRIEVER, ASSISTANT)))).name == "mine"


SEARCHER = {**ASSISTANT, "tools": ["search_documents"]}
LIBRARIAN = {"name": "librarian", "role": "tool_agent", "tools": ["search_documents"]}
MISTAKES: dict[str, tuple[Any, str]] = {
    "not a mapping": ("- a\n- b", "at its top: input should be a valid dictionary"),
    "not yaml": ("a: [", "is not valid YAML"),
    "empty": ("", "at its top: input should be"),
    "unknown field": (team(RETRIEVER, ASSISTANT, colour="red"), "colour: there is no such field, allowed: name, descr"),
    "unknown field of a seat": (
        team({**RETRIEVER, "tools": []}, ASSISTANT),
        r"agents\[0\].tools: there is no such field, allowed: name, role",
    ),
    "unknown role": (team({**RETRIEVER, "role": "poet"}), r"agents\[0\].role: allowed are retriever, assistant"),
    "no role": (team({"name": "a"}), r"agents\[0\].role: allowed are"),
    "no name": (team({"role": "retriever"}), r"agents\[0\].name: field required"),
    "bad name": (team({**RETRIEVER, "name": "a b"}), r"agents\[0\].name: string should match"),
    "same name": (team(RETRIEVER, {**ASSISTANT, "name": "retriever"}), "agents: every name must differ"),
    "no retriever": (team(ASSISTANT), r"agents: there must be exactly one retriever \(got 0\)"),
    "two assistants": (team(RETRIEVER, ASSISTANT, {**ASSISTANT, "name": "b"}), "exactly one assistant .got 2."),
    "two critics": (
        team(RETRIEVER, ASSISTANT, *({"name": n, "role": "critic"} for n in "ab")),
        "at most one critic .got 2.",
    ),
    "too many rounds": (team(RETRIEVER, ASSISTANT, max_rounds=99), "max_rounds: input should be less than or equal"),
    "unknown prompt": (
        team(RETRIEVER, {**ASSISTANT, "prompt": "nope"}),
        r"agents\[1\].prompt: There is no prompt 'nope'. Known prompts: analyst",
    ),
    "prompt of another kind": (team(RETRIEVER, {**ASSISTANT, "prompt": "review"}), r"agents\[1\].prompt: The prompt"),
    "unknown tool": (
        team(RETRIEVER, {**ASSISTANT, "tools": ["rm"]}),
        r"agents\[1\].tools: unknown tool 'rm', allowed: search_documents, list_documents, read_document, read_table",
    ),
    "tool nobody executes": (team(RETRIEVER, SEARCHER), "exactly one agent must execute search_documents .got none."),
    "tool two execute": (
        team(RETRIEVER, SEARCHER, LIBRARIAN, {**LIBRARIAN, "name": "other"}),
        "must execute search_documents .got librarian, other.",
    ),
    "code outside the executor": (
        team(RETRIEVER, ASSISTANT, {**LIBRARIAN, "tools": ["run_python"]}),
        "run_python is executed by a code_executor only",
    ),
    "shell outside the executor": (
        team(RETRIEVER, ASSISTANT, {**LIBRARIAN, "tools": ["run_shell"]}),
        "run_shell is executed by a code_executor only",
    ),
    "unknown policy": (
        team(RETRIEVER, ASSISTANT, approval="sometimes"),
        "approval: input should be 'always', 'never' or 'risky'",
    ),
    "no tools": (team(RETRIEVER, ASSISTANT, {**LIBRARIAN, "tools": []}), r"agents\[2\].tools: tuple should have"),
}


@pytest.mark.parametrize(("content", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_sentence(tmp_path: Path, content: Any, sentence: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(TeamError, match=sentence) as caught:
        read_team(path)
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message or content == "a: ["


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TeamError, match=r"gone\.yaml cannot be read"):
        load_team(str(tmp_path / "gone.yaml"))


def test_errors_are_the_applications(tmp_path: Path) -> None:
    with pytest.raises((TeamError, ConfigError)):
        read_team(written(tmp_path, {}))
