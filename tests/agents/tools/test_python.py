"""The tools that run code: in the sandbox, or not at all."""

from __future__ import annotations

import json

import pytest

from agents.events import CodeRan, Event
from agents.ports import Sandbox
from agents.sandbox.refusing import RefusingSandbox
from agents.tools.catalogue import TOOLS
from agents.tools.registry import ToolContext, ToolResult
from tests.agents.table import a_run


def ran(code: str, sandbox: Sandbox, *, tool: str = "run_python", name: str = "code") -> tuple[ToolResult, CodeRan]:
    events: list[Event] = []
    context = ToolContext(run=a_run(emit=events.append, sandbox=lambda: sandbox), agent="coder", call_id="c7")
    result = TOOLS[tool].call(context, json.dumps({name: code}))
    (event,) = events
    assert isinstance(event, CodeRan)
    return result, event


def test_what_was_printed_comes_back(sandbox: Sandbox) -> None:
    result, event = ran("print(6 * 7)", sandbox)
    assert result.ok
    assert result.value == {"status": "ok", "stdout": "42\n", "stderr": ""}
    assert (event.agent, event.call_id, event.code, event.stdout) == ("coder", "c7", "print(6 * 7)", "42\n")
    assert event.isolation == "full"


def test_an_error_of_the_program_is_a_result(sandbox: Sandbox) -> None:
    result, event = ran("1 / 0", sandbox)
    assert not result.ok
    assert "ZeroDivisionError" in result.value["stderr"]
    assert event.status == "error"


def test_without_a_sandbox_nothing_runs_and_the_remedy_is_told() -> None:
    result, event = ran("print(1)", RefusingSandbox("Install bubblewrap."))
    assert not result.ok
    assert result.value == {"status": "refused", "stdout": "", "stderr": "Install bubblewrap."}
    assert (event.status, event.stderr) == ("refused", "Install bubblewrap.")


def test_a_shell_script_runs_beside_the_cells(sandbox: Sandbox) -> None:
    result, event = ran("echo $((6 * 7)); exit 3", sandbox, tool="run_shell", name="command")
    assert (result.ok, result.error_type) == (False, "CodeError")
    assert result.value == {"status": "error", "stdout": "42\n", "stderr": ""}
    assert (event.language, event.exit_code) == ("sh", 3)


@pytest.mark.parametrize("tool", ["run_python", "run_shell"])
def test_the_model_is_told_what_there_is_and_what_there_is_not(tool: str) -> None:
    description = " ".join(TOOLS[tool].schema["function"]["description"].split())
    for word in ("no network", "numpy", "pandas", "matplotlib", "scipy", "openpyxl", "inputs/", "part of the answer"):
        assert word in description


@pytest.mark.parametrize("code", ["", " \n", "print('\0')"])
@pytest.mark.parametrize("tool", ["run_python", "run_shell"])
def test_what_cannot_be_code_is_a_result_in_one_sentence(sandbox: Sandbox, tool: str, code: str) -> None:
    result, event = ran(code, sandbox, tool=tool, name="code" if tool == "run_python" else "command")
    assert not result.ok
    assert event.status == "error"
    assert event.stderr.endswith(".")
    assert "\n" not in event.stderr
