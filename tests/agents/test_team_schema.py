"""The schema of team files, which editors read: as the code has it, true of what ships, and it sees what it can see."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
import yaml

from agents.teams.rules import Order
from agents.teams.seats import ROLES
from agents.teams.team_file import schema, team_names
from configs.settings import ApprovalPolicy
from tests.agents.test_team_file import MISTAKES

TEAMS = Path(__file__).resolve().parents[2] / "configs" / "teams"
SCHEMA: dict[str, Any] = json.loads((TEAMS / "team.schema.json").read_text(encoding="utf-8"))
CHECK = jsonschema.Draft202012Validator(SCHEMA)
WRITE = (
    "import json; from agents.teams.team_file import schema; "
    "print(json.dumps(schema(), indent=2, ensure_ascii=False), file=open('configs/teams/team.schema.json', 'w'))"
)

UNSEEN = {
    "not yaml", "same name", "no retriever", "no assistant", "two critics", "unknown prompt", "prompt of another kind",
    "unknown tool", "tool nobody executes", "tool two execute", "code outside the executor",
    "shell outside the executor", "tool of an unknown server", "tool not on the list", "served tool nobody executes",
    "served tool two execute", "served tools executed in part", "transitions without the order graph",
    "the order graph without transitions", "transitions to nobody", "transitions from nobody",
    "an answer that no way leads to", "start that does not exist", "start that does not speak",
    "answer that does not exist", "answer that gives none", "ending by nobody", "field twice", "field of a seat twice",
    "tabs", "two documents", "prompt file that is missing", "prompt file with an unknown variable",
    "prompt file without its variable", "prompt file with a stray dollar sign",
}  # fmt: skip
"""Mistakes that only the whole team, the prompts or the tools can tell, or that YAML itself does not let through."""


def test_the_file_is_what_the_code_says() -> None:
    assert schema() == SCHEMA, f"The schema has changed; write it anew: python -c {WRITE!r}"


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", team_names())
def test_every_shipped_team_is_valid_and_names_it(name: str) -> None:
    text = (TEAMS / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=team.schema.json\n")
    CHECK.validate(yaml.safe_load(text))


def test_it_is_no_team() -> None:
    assert {"qa", "analyst"} <= set(team_names())
    assert not [name for name in team_names() if "schema" in name]


@pytest.mark.parametrize("name", [name for name in MISTAKES if name not in UNSEEN])
def test_what_a_schema_can_see_it_refuses(name: str) -> None:
    content = MISTAKES[name][0]
    assert not CHECK.is_valid(yaml.safe_load(content) if isinstance(content, str) else _as_json(content))


@pytest.mark.parametrize("name", sorted(UNSEEN - {"not yaml", "tabs", "two documents"}))
def test_what_it_cannot_see_is_valid_to_it(name: str) -> None:
    content = MISTAKES[name][0]
    CHECK.validate(yaml.safe_load(content) if isinstance(content, str) else _as_json(content))


def test_the_allowed_values_are_offered() -> None:
    seats = SCHEMA["properties"]["agents"]["items"]["oneOf"]
    parts = SCHEMA["$defs"]
    assert SCHEMA["properties"]["order"]["enum"] == list(get_args(Order))
    assert SCHEMA["properties"]["approval"]["anyOf"][0]["enum"] == list(get_args(ApprovalPolicy))
    assert [parts[seat["$ref"].rpartition("/")[2]]["properties"]["role"]["const"] for seat in seats] == list(ROLES)


def test_every_field_is_described() -> None:
    servers = ("StdioServer", "HttpServer")  # each is described as a whole
    parts = {"": SCHEMA, **{name: part for name, part in SCHEMA["$defs"].items() if name not in servers}}
    assert [where for where, field in _fields(parts) if not field.get("description")] == []


def _fields(parts: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, part in parts.items():
        yield from ((f"{name}.{field}", how) for field, how in part["properties"].items())


def _as_json(content: Any) -> Any:
    """Lists for tuples, as a file has them."""
    return json.loads(json.dumps(content))
