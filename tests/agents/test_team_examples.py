"""What docs/teams.md shows runs and is complete; the shipped teams do what they promise."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from autogen import ConversableAgent

from agents.app import build_app
from agents.errors import TeamError
from agents.run import Run
from agents.team import Team
from agents.teams.rules import Budget, Order
from agents.teams.seats import ROLES
from agents.teams.team_file import TeamFile, read_team, team_names
from configs.errors import ConfigError
from configs.settings import Settings
from retrieval.errors import UnknownKnowledgeBase
from tests.agents.bad_teams import HEAD
from tests.agents.table import asking, completed, speakers
from tests.agents.test_team_file import ASSISTANT, RETRIEVER, team, written
from tests.openai_server import say

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "teams.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
PYTHON = [block for kind, block in BLOCKS if kind == "python"]
YAML = [block for kind, block in BLOCKS if kind == "yaml"]
COMMANDS = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines()]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """As after the commands of the page, which make the knowledge base that the rest of it asks."""
    home = tmp_path_factory.mktemp("teams")
    environment = {**os.environ, "ROUNDTABLE_DATA_DIR": str(home), "PYTHONPATH": str(ROOT)}
    for line in COMMANDS:
        program, *words = shlex.split(line)
        assert program == "python"
        assert ran([sys.executable, *words], environment)
    return environment


def ran(words: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestThePage:
    def test_every_block_is_of_a_kind_that_is_run(self) -> None:
        assert {kind for kind, block in BLOCKS if "─→" not in block} == {"sh", "yaml", "python"}

    @pytest.mark.parametrize("block", YAML)
    def test_every_team_of_it_is_valid(self, tmp_path: Path, block: str) -> None:
        (tmp_path / "mine.yaml").write_text(block, encoding="utf-8")
        assert read_team(tmp_path / "mine.yaml").answerer

    @pytest.mark.parametrize("block", PYTHON)
    def test_every_program_of_it_runs(self, environment: dict[str, str], block: str) -> None:
        output = ran([sys.executable, "-c", block], environment)
        if "warranty" in block:
            assert re.search(r"8 years \[\d\]", output)
        else:
            assert output == "night\n"

    def test_it_names_every_field(self) -> None:
        teams, seats = re.findall(r"^\| of a \w+ \|.*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
        assert set(re.findall(r"^\| `(\w+)`", teams, re.MULTILINE)) == set(TeamFile.model_fields)
        fields = {field for role in ROLES.values() for field in role.model_fields}
        assert set(re.findall(r"^\| `(\w+)`", seats, re.MULTILINE)) == fields
        assert set(re.findall(r"`budget\.(\w+)`", PAGE)) == set(Budget.model_fields)

    def test_it_names_every_default_that_is_a_number(self) -> None:
        for name, field in TeamFile.model_fields.items():
            if type(field.default) is int:
                assert f"| `{name}` | {field.default} |" in PAGE

    def test_it_names_every_role_order_and_shipped_team(self) -> None:
        assert re.findall(r"^\*\*`(\w+)`\*\*:", PAGE, re.MULTILINE) == list(get_args(Order))
        assert all(f"`{role}`" in PAGE for role in ROLES)
        assert (
            sorted(re.findall(r"^\| `(\w+)` \| (?:retriever,|the same,)", PAGE.partition("## Fields")[0], re.MULTILINE))
            == team_names()
        )


class TestShippedTeams:
    def test_careful_asks_a_model_whether_the_passages_say_it(self, tmp_path: Path) -> None:
        script = [say("The premium plan costs 90 euros a month [1]."), say("1: no")]
        with asking(tmp_path, script, team="careful") as (events, server):
            (verdict,) = completed(events).support
            assert verdict["status"] == "unsupported"
            assert "1. The premium plan costs 90 euros a month" in server.requests[-1].body["messages"][-1]["content"]

    def test_report_is_revised_once(self, tmp_path: Path) -> None:
        script = [say("It costs 91 [1]."), say("REVISE\nIt is 90."), say("It costs 90 euros [1].")]
        with asking(tmp_path, script, team="report") as (events, server):
            assert completed(events).answer == "It costs 90 euros [1]."
            assert [agent for agent, _ in speakers(events)] == ["retriever", "writer", "critic", "writer"]
            assert server.requests[0].body["messages"][0]["content"].startswith("You write a short report")

    def test_report_is_left_as_it_is_once_approved(self, tmp_path: Path) -> None:
        with asking(tmp_path, [say("It costs 90 euros [1]."), say("APPROVED")], team="report") as (events, _):
            assert completed(events).answer == "It costs 90 euros [1]."

    @pytest.mark.parametrize("name", team_names())
    def test_a_dropdown_can_show_what_it_is_for(self, name: str) -> None:
        description = read_team(ROOT / "configs" / "teams" / f"{name}.yaml").description
        assert 20 < len(description) <= 120
        assert description.endswith(".")


class TestWhatOnlyTheApplicationKnows:
    def talk(self, settings: Settings, folder: Path, **seat: str) -> None:
        app = build_app(settings)
        try:
            app.library.create("here")
            path = written(folder, team(RETRIEVER, {**ASSISTANT, **seat}))
            app.new_conversation(kb="here", team=str(path))
        finally:
            app.close()

    def test_a_knowledge_base_that_does_not_exist(self, settings: Settings, tmp_path: Path) -> None:
        with pytest.raises(UnknownKnowledgeBase, match=r"There is no knowledge base 'there'. There are: here"):
            self.talk(settings, tmp_path, kb="there")

    def test_a_model_that_the_settings_do_not_have(self, settings: Settings, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="'huge'"):
            self.talk(settings, tmp_path, model="huge")

    def test_what_exists_is_fine(self, settings: Settings, tmp_path: Path) -> None:
        self.talk(settings, tmp_path, kb="here")


GUEST = {"name": "guest", "role": "guest"}


def a_guest(_run: Run) -> ConversableAgent:
    return ConversableAgent("guest", llm_config=False, code_execution_config=False)


def test_a_guest_needs_a_function_that_makes_it(tmp_path: Path) -> None:
    path = str(written(tmp_path, team(RETRIEVER, ASSISTANT, GUEST)))
    with pytest.raises(TeamError, match="has the guests guest, but was given none"):
        Team.from_yaml(path)
    with pytest.raises(TeamError, match="has the guests guest, but was given none"):
        Team.of("mine", RETRIEVER, ASSISTANT, GUEST)
    assert Team.from_yaml(path, guests={"guest": a_guest}).file.agents[2].role == "guest"


def test_a_function_that_makes_a_guest_needs_its_seat() -> None:
    with pytest.raises(TeamError, match="has the guests none, but was given guest"):
        Team.of("mine", RETRIEVER, ASSISTANT, guests={"guest": a_guest})


def test_a_speaker_order_of_one_s_own_needs_the_order_function() -> None:
    with pytest.raises(TeamError, match=r"was given speaker=, but its order is flow"):
        Team.of("mine", RETRIEVER, ASSISTANT, speaker=lambda _: None)


def test_the_order_function_needs_a_function(tmp_path: Path) -> None:
    with pytest.raises(TeamError, match="The order of the team mine is function"):
        Team.from_yaml(str(written(tmp_path, HEAD + "order: function\n")))


def test_a_mistake_in_python_names_the_team() -> None:
    with pytest.raises(TeamError, match=r"^The team 'mine' is wrong at rounds: input should be greater than"):
        Team.of("mine", RETRIEVER, ASSISTANT, rounds=0)
