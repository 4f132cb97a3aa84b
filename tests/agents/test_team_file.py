"""Team files: the shipped ones are valid, and each mistake is one sentence naming file, field and what is allowed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from agents.errors import TeamError, UnknownTeam
from agents.team import Team
from agents.teams.team_file import load_team, read_team, team_names
from agents.tools.catalogue import TOOLS, with_built_in
from agents.tools.registry import tool
from configs.errors import ConfigError
from tests.agents.bad_teams import BAD_TEAMS, HEAD, PROMPTS

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
    assert analyst.assistants[0].tools == (*documents, "run_python", "run_shell")
    assert analyst.executors[0].tools == documents


@pytest.mark.parametrize("name", team_names())
def test_every_shipped_team_has_instructions(name: str) -> None:
    shipped = load_team(name)
    assert "NOT_IN_DOCUMENTS" in shipped.assistants[0].instructions
    assert shipped.critic is None or "REVISE" in shipped.critic.instructions


def test_an_unknown_team_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownTeam, match=r"There is no team 'x'.*analyst, careful, qa, report"):
        load_team("x")


def test_a_team_can_be_any_file(tmp_path: Path) -> None:
    assert load_team(str(written(tmp_path, team(RETRIEVER, ASSISTANT)))).name == "mine"


SEARCHER = {**ASSISTANT, "tools": ["search_documents"]}
LIBRARIAN = {"name": "librarian", "role": "tool_agent", "tools": ["search_documents"]}
SHIP = {"command": "ship-server"}


def with_servers(servers: Any, *, asks: Any = ("ship.*",), does: Any = ("ship.*",)) -> dict[str, Any]:
    assistant, sailor = (
        {**ASSISTANT, "tools": list(asks)},
        {"name": "sailor", "role": "tool_agent", "tools": list(does)},
    )
    return team(RETRIEVER, assistant, sailor, mcp_servers=servers)


@pytest.fixture(autouse=True)
def _prompt_files(tmp_path: Path) -> None:
    for name, text in PROMPTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")


MISTAKES: dict[str, tuple[Any, str]] = {
    "not a mapping": ("- a\n- b", "at line 1, its top: input should be a valid dictionary"),
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
    "no retriever": (team(ASSISTANT), r"agents: there must be at least one retriever \(got 0\)"),
    "no assistant": (team(RETRIEVER), "at least one assistant .got 0."),
    "two critics": (
        team(RETRIEVER, ASSISTANT, *({"name": n, "role": "critic"} for n in "ab")),
        "at most one critic where order is flow .got 2.",
    ),
    "too many rounds": (team(RETRIEVER, ASSISTANT, max_rounds=99), "max_rounds: input should be less than or equal"),
    "unknown prompt": (
        team(RETRIEVER, {**ASSISTANT, "prompt": "nope"}),
        r"agents\[1\].prompt: There is no prompt 'nope'. Known prompts: about_answer, analyst",
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
    "server without a place": (with_servers({"ship": {}}), r"mcp_servers\.ship: give either `command` .* or `url`"),
    "server with two": (
        with_servers({"ship": {**SHIP, "url": "http://a"}}),
        r"mcp_servers\.ship: give either `command`",
    ),
    "server that is no mapping": (with_servers({"ship": "x"}), r"mcp_servers\.ship: give either `command`"),
    "servers that are a list": (with_servers([SHIP]), "mcp_servers: input should be a valid dictionary"),
    "bad server name": (with_servers({"a b": SHIP}), r"mcp_servers\.a b: string should match pattern"),
    "unknown field of a server": (
        with_servers({"ship": {**SHIP, "port": 1}}),
        r"mcp_servers\.ship\.port: there is no such field, allowed: timeout_s, tools, command, args, env, cwd",
    ),
    "unknown field of an address": (
        with_servers({"ship": {"url": "http://a", "env": {}}}),
        r"mcp_servers\.ship\.env: there is no such field, allowed: timeout_s, tools, url, headers",
    ),
    "bad address": (with_servers({"ship": {"url": "file:///etc"}}), r"mcp_servers\.ship\.url: string should match"),
    "bad argument": (with_servers({"ship": {**SHIP, "args": [1]}}), r"mcp_servers\.ship\.args\[0\]: input should be"),
    "bad environment": (with_servers({"ship": {**SHIP, "env": {"A": 1}}}), r"mcp_servers\.ship\.env\.A: input should"),
    "bad time limit": (with_servers({"ship": {**SHIP, "timeout_s": 0}}), r"mcp_servers\.ship\.timeout_s: input should"),
    "tool of an unknown server": (
        with_servers({"boat": SHIP}),
        r"agents\[1\]\.tools: unknown tool 'ship\.\*', allowed: search_documents, .*, boat\.\*",
    ),
    "tool not on the list": (
        with_servers({"ship": {**SHIP, "tools": ["sail"]}}, asks=["ship.row"]),
        r"agents\[1\]\.tools: ship\.row is not among mcp_servers\.ship\.tools \(sail\)",
    ),
    "served tool nobody executes": (
        with_servers({"ship": SHIP, "boat": SHIP}, does=["boat.*"]),
        r"exactly one agent must execute ship\.\* \(got none\)",
    ),
    "served tool two execute": (
        {
            **with_servers({"ship": SHIP}),
            "agents": [
                *with_servers({"ship": SHIP})["agents"],
                {
                    "name": "cook",
                    "role": "tool_agent",
                    "tools": ["ship.fry"],
                },
            ],
        },
        r"exactly one agent must execute ship\.\* \(got sailor, cook\)",
    ),
    "served tools executed in part": (
        with_servers({"ship": SHIP}, does=["ship.sail"]),
        r"agents\[1\]\.tools: sailor executes a part of ship\.\* only; name ship\.\* there as well",
    ),
    "no tools": (team(RETRIEVER, ASSISTANT, {**LIBRARIAN, "tools": []}), r"agents\[2\].tools: tuple should have"),
    **BAD_TEAMS,
}


@pytest.mark.parametrize(("content", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_sentence(tmp_path: Path, content: Any, sentence: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(TeamError, match=sentence) as caught:
        read_team(path)
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message or content == "a: ["


MARKED = [content for content, _ in BAD_TEAMS.values() if "# here" in content]


@pytest.mark.parametrize("content", MARKED)
def test_it_names_the_line(tmp_path: Path, content: str) -> None:
    (line,) = (number for number, text in enumerate(content.splitlines(), 1) if "# here" in text)
    with pytest.raises(TeamError, match=rf"mine\.yaml is (wrong|not valid YAML) at line {line}[,:] "):
        read_team(written(tmp_path, content))


def test_yaml_that_repeats_itself_by_reference_is_fine(tmp_path: Path) -> None:
    again = HEAD.replace("- {name: a", "- &first {name: a") + "- {<<: *first, name: other}\n"
    assert [seat.name for seat in read_team(written(tmp_path, again)).agents] == ["retriever", "assistant", "other"]


@pytest.mark.parametrize(
    ("asks", "does", "served"),
    [
        (["ship.*"], ["ship.*"], {"ship.*"}),
        (["ship.sail"], ["ship.sail"], {"ship.sail"}),
        (["ship.sail", "search_documents"], ["ship.*", "search_documents"], {"ship.sail", "ship.*"}),
        (["ship.odd.name/1"], ["ship.odd.name/1"], {"ship.odd.name/1"}),
    ],
)
def test_tools_of_servers_are_named_with_their_server(
    tmp_path: Path, asks: list[str], does: list[str], served: set[str]
) -> None:
    servers = {"ship": {**SHIP, "env": {"KEY": "secret"}}, "boat": {"url": "https://example.org/mcp"}}
    read = read_team(written(tmp_path, with_servers(servers, asks=asks, does=does)))
    assert read.served == served
    assert read.mcp_servers["ship"].timeout_s == 30
    assert "secret" not in repr(read)


def test_once_connected_seats_have_the_names_that_models_know(tmp_path: Path) -> None:
    asks, does = ["ship.sail", "search_documents"], ["search_documents", "ship.*"]
    read = read_team(written(tmp_path, with_servers({"ship": SHIP}, asks=asks, does=does)))
    known = read.with_served({"ship.sail": ["ship__sail"], "ship.*": ["ship__sail", "ship__row"]})
    assert known.assistants[0].tools == ("ship__sail", "search_documents")
    assert known.executors[0].tools == ("search_documents", "ship__sail", "ship__row")
    assert known.served == frozenset()


@tool
def weigh(item: str) -> float:
    """Weigh an item.

    item: its name
    """
    return float(len(item))


def test_tools_of_one_s_own_are_known_where_they_are_given(tmp_path: Path) -> None:
    path = written(tmp_path, team(RETRIEVER, {**ASSISTANT, "tools": ["weigh"]}, {**LIBRARIAN, "tools": ["weigh"]}))
    assert load_team(str(path), tools=with_built_in([weigh])).assistants[0].tools == ("weigh",)
    assert Team.from_yaml(str(path), tools=with_built_in([weigh])).file.assistants[0].tools == ("weigh",)
    with pytest.raises(TeamError, match="unknown tool 'weigh'"):
        load_team(str(path))
    with pytest.raises(TeamError, match="unknown tool 'weigh'"):
        Team.from_yaml(str(path))


def test_of_two_tools_of_one_name_none_is_taken() -> None:
    with pytest.raises(ConfigError, match="There are two tools named 'weigh'"):
        with_built_in([weigh, weigh])
    with pytest.raises(ConfigError, match="There are two tools named 'read_table'"):
        with_built_in([TOOLS["read_table"]])


def test_what_is_no_tool_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"is not a tool\. Write @tool above a function"):
        with_built_in([len])  # type: ignore[list-item]
    with pytest.raises(ConfigError, match=r"'ship\.weigh' cannot name a tool"):
        with_built_in([replace(weigh, name="ship.weigh")])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TeamError, match=r"gone\.yaml cannot be read"):
        load_team(str(tmp_path / "gone.yaml"))


def test_errors_are_the_applications(tmp_path: Path) -> None:
    with pytest.raises((TeamError, ConfigError)):
        read_team(written(tmp_path, {}))
