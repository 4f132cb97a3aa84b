"""The tool that runs code: in the sandbox, or not at all."""

from __future__ import annotations

import json

from agents.events import CodeRan, Event
from agents.ports import Sandbox
from agents.sandbox import open_sandbox
from agents.sandbox.refusing import RefusingSandbox
from agents.tools.catalogue import TOOLS
from agents.tools.registry import ToolContext, ToolResult
from configs.settings import SandboxSettings
from tests.agents.table import a_run


def ran(code: str, sandbox: Sandbox) -> tuple[ToolResult, CodeRan]:
    events: list[Event] = []
    context = ToolContext(run=a_run(emit=events.append, sandbox=lambda: sandbox), agent="coder", call_id="c7")
    result = TOOLS["run_python"].call(context, json.dumps({"code": code}))
    (event,) = events
    assert isinstance(event, CodeRan)
    return result, event


def test_what_was_printed_comes_back() -> None:
    result, event = ran("print(6 * 7)", open_sandbox(SandboxSettings()))
    assert result.ok
    assert result.value == {"status": "ok", "stdout": "42\n", "stderr": ""}
    assert (event.agent, event.call_id, event.code, event.stdout) == ("coder", "c7", "print(6 * 7)", "42\n")
    assert event.isolation == "full"


def test_an_error_of_the_program_is_a_result() -> None:
    result, event = ran("1 / 0", open_sandbox(SandboxSettings()))
    assert not result.ok
    assert "ZeroDivisionError" in result.value["stderr"]
    assert event.status == "error"


def test_without_a_sandbox_nothing_runs_and_the_remedy_is_told() -> None:
    result, event = ran("print(1)", RefusingSandbox("Install bubblewrap."))
    assert not result.ok
    assert result.value == {"status": "refused", "stdout": "", "stderr": "Install bubblewrap."}
    assert (event.status, event.stderr) == ("refused", "Install bubblewrap.")
