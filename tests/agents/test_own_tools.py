"""Tools that are not ours at the table: functions of a script, and MCP servers that a team file names."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from agents.app import build_app
from agents.errors import TeamError
from agents.events import Event, Failed, RunStarted, ToolCalled, ToolReturned
from agents.tools.catalogue import with_built_in
from agents.tools.registry import Tool, tool
from configs.errors import ConfigError
from configs.settings import Settings
from tests.agents.table import asking, completed, conversation, of, served, speakers
from tests.agents.test_conversation import wait_until
from tests.openai_server import ScriptedServer, call, say

SERVERS = Path(__file__).parent / "tools" / "mcp"


def team(folder: Path, tools: list[str], **more: Any) -> str:
    agents = [
        {"name": "retriever", "role": "retriever"},
        {"name": "assistant", "role": "assistant", "prompt": "analyst", "tools": tools},
        {"name": "hand", "role": "tool_agent", "tools": tools},
    ]
    path = folder / "team.yaml"
    path.write_text(yaml.safe_dump({"name": "mine", "agents": agents, **more}), encoding="utf-8")
    return str(path)


def program(kind: str, **more: Any) -> dict[str, Any]:
    return {"command": sys.executable, "args": [str(SERVERS / "server.py"), kind], "timeout_s": 60, **more}


@tool
def convert(amount: float, to: str) -> dict[str, Any]:
    """Convert an amount of euros.

    amount: in euros
    to: the currency
    """
    return {"amount": amount * {"USD": 1.25}[to], "currency": to}


@tool
def leave() -> None:
    """End the program."""
    raise SystemExit(1)


def calling(folder: Path, name: str, arguments: dict[str, Any], *tools: Tool) -> tuple[ToolReturned, list[Event]]:
    script = [call(name, arguments), say("It is done [1].")]
    with asking(folder, script, team=team(folder, [t.name for t in tools]), tools=with_built_in(tools)) as (events, _):
        (returned,) = of(ToolReturned, events)
        assert completed(events).answer.startswith("It is done")
    return returned, events


class TestFunctions:
    def test_a_function_of_a_script_is_offered_called_and_answers(self, tmp_path: Path) -> None:
        returned, events = calling(tmp_path, "convert", {"amount": 10, "to": "USD"}, convert)
        assert json.loads(returned.content) == {"amount": 12.5, "currency": "USD"}
        assert (returned.ok, returned.error_type, returned.tool) == (True, "", "convert")
        assert [agent for agent, _ in speakers(events)] == ["retriever", "assistant", "hand", "assistant"]

    @pytest.mark.parametrize(
        ("name", "arguments", "error_type", "sentence"),
        [
            ("convert", {"amount": 10, "to": "XYZ"}, "ToolCrashed", "convert failed: KeyError, 'XYZ'."),
            ("convert", {"amount": "ten", "to": "USD"}, "ToolError", "convert was called wrongly: amount: input"),
            ("convert", {"amount": 1, "to": "USD", "on": "today"}, "ToolError", "on: extra inputs are not permitted"),
            ("leave", {}, "ToolCrashed", "leave failed: SystemExit, 1."),
            ("sail" * 5000, {}, "ToolError", "assistant cannot call 'sailsail"),
        ],
    )
    def test_a_failure_is_a_typed_event_and_the_run_goes_on(
        self, tmp_path: Path, name: str, arguments: dict[str, Any], error_type: str, sentence: str
    ) -> None:
        returned, _ = calling(tmp_path, name, arguments, convert, leave)
        assert (returned.ok, returned.error_type) == (False, error_type)
        assert sentence in json.loads(returned.content)["error"]
        assert len(returned.content) < 400
        assert "Traceback" not in returned.content

    def test_arguments_nested_beyond_reason_are_a_failure_like_any_other(self, tmp_path: Path) -> None:
        from tests.openai_steps import Call, Reply

        deep = Reply(calls=(Call(name="convert", arguments='{"amount": ' + "[" * 100_000, id="c1"),))
        path, tools = team(tmp_path, ["convert"]), with_built_in([convert])
        with asking(tmp_path, [deep, say("Never mind.")], team=path, tools=tools) as (events, _):
            (returned,) = of(ToolReturned, events)
        assert (returned.ok, returned.error_type) == (False, "ToolError")
        assert completed(events).answer == "Never mind."

    def test_a_stop_does_not_wait_for_a_function(self, tmp_path: Path) -> None:
        began, never = threading.Event(), threading.Event()

        @tool
        def wait() -> str:
            """Wait."""
            began.set()
            never.wait(60)
            return "late"

        with ScriptedServer([call("wait", {})]) as server:
            talk = conversation(
                tmp_path, team=team(tmp_path, ["wait"]), model=served(server), tools=with_built_in([wait])
            )
            run = talk.ask("Anything?")
            assert began.wait(20)
            talk.stop()
            assert completed(run).stopped
            wait_until(lambda: not [t for t in threading.enumerate() if t.name == f"run-{talk.id[:8]}"])
        never.set()

    def test_an_application_is_given_them_once(self, tmp_path: Path) -> None:
        settings = Settings(data_dir=tmp_path / "data", team=team(tmp_path, ["convert"]))
        app = build_app(settings, tools=[convert])
        app.library.create("default")
        assert app.new_conversation().info.team == settings.team
        app.close()
        app = build_app(settings)
        with pytest.raises(TeamError, match="unknown tool 'convert'"):
            app.new_conversation()
        app.close()
        with pytest.raises(ConfigError, match="two tools named 'convert'"):
            build_app(settings, tools=[convert, convert])


class TestServers:
    def test_a_tool_of_a_server_is_offered_under_a_safe_name_and_called(self, tmp_path: Path) -> None:
        path = team(tmp_path, ["ship.*"], mcp_servers={"ship": program("good", tools=["add", "fail"])})
        script = [call("ship__add", {"a": 40, "b": 2}), call("ship__fail", {}), say("It is 42.")]
        with asking(tmp_path, script, team=path) as (events, server):
            offered = [each["function"]["name"] for each in server.requests[0].body["tools"]]
        added, failed = of(ToolReturned, events)
        assert offered == ["ship__add", "ship__fail"]
        assert [called.tool for called in of(ToolCalled, events)] == ["ship__add", "ship__fail"]
        assert (added.agent, added.tool, json.loads(added.content)) == ("hand", "ship__add", {"text": "42"})
        assert (failed.ok, failed.error_type) == (False, "ToolError")
        assert completed(events).answer == "It is 42."
        assert not [p for p in psutil.Process().children() if "server.py" in " ".join(p.cmdline())]

    def test_a_server_that_cannot_be_started_fails_the_run_before_anything_is_said(self, tmp_path: Path) -> None:
        path = team(tmp_path, ["ship.*"], mcp_servers={"ship": program("dies")})
        with asking(tmp_path, [], team=path) as (events, server):
            assert not server.requests
        started, failed = events
        assert isinstance(started, RunStarted)
        assert isinstance(failed, Failed)
        assert failed.error_type == "ToolServerFailed"
        assert failed.message == "The MCP server 'ship' failed: Connection closed (The licence has expired.)."
        assert failed.hint

    def test_a_server_that_ends_in_the_middle_is_a_failed_call(self, tmp_path: Path) -> None:
        path = team(tmp_path, ["ship.crash"], mcp_servers={"ship": program("good")})
        with asking(tmp_path, [call("ship__crash", {}), say("It is gone.")], team=path) as (events, _):
            (returned,) = of(ToolReturned, events)
        assert (returned.ok, returned.error_type) == (False, "ToolServerFailed")
        assert "The tool 'crash' of the MCP server 'ship' failed" in returned.content
        assert completed(events).answer == "It is gone."

    def test_a_stop_ends_a_run_that_waits_for_its_servers(self, tmp_path: Path) -> None:
        note = tmp_path / "pid"
        hanging = program("hangs", args=[str(SERVERS / "server.py"), "hangs", str(note)])
        talk = conversation(tmp_path, team=team(tmp_path, ["ship.*"], mcp_servers={"ship": hanging}))
        run = talk.ask("Anything?")
        wait_until(lambda: note.is_file() and note.read_text().endswith("\n"), timeout_s=60)
        pid = int(note.read_text())
        talk.stop()
        assert completed(run).stopped
        wait_until(lambda: not psutil.pid_exists(pid), timeout_s=20)
