"""What a call of run_python or run_shell hands to the session, and what it tells the model."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agents.errors import RunStopped, ToolError
from agents.events import ApprovalRequested, Event
from agents.ports import CodeResult, Isolation, Language, RunStatus, StopSignal
from agents.run import Run
from agents.safety.approval_policy import LONG_S
from agents.tools.catalogue import TOOLS
from agents.tools.cells import MOST_S
from agents.tools.inputs import MOST_FILES
from agents.tools.registry import ToolContext, ToolResult
from configs.settings import SandboxSettings
from retrieval.errors import UnknownDocument
from tests.agents.shelf import Shelf
from tests.agents.table import HANDBOOK, a_run, of


@dataclass
class Noting:
    """A sandbox and its one session that run nothing and note what they were given."""

    name: str = "noting"
    isolation: Isolation = "full"
    status: RunStatus = "ok"
    ran: list[tuple[str, Language, float | None]] = field(default_factory=list)
    laid: dict[str, bytes] = field(default_factory=dict)

    def run(
        self,
        code: str,
        *,
        language: Language = "python",
        timeout_s: float | None = None,
        stop: StopSignal | None = None,  # noqa: ARG002
        keep: Path | None = None,  # noqa: ARG002
    ) -> CodeResult:
        self.ran.append((code, language, timeout_s))
        end: dict[str, Any] = {"exit_code": 0, "stdout": "", "stderr": "", "ms": 1.0}
        return CodeResult(backend=self.name, isolation=self.isolation, status=self.status, **end)

    def put(self, name: str, content: bytes) -> str:
        self.laid[name] = content
        return f"inputs/{name}"

    def session(self, *, keep: Path | None = None) -> Noting:  # noqa: ARG002
        return self

    def warm_up(self) -> None:
        pass

    def close(self) -> None:
        pass


def approving(sandbox: Noting, policy: Any = "never", **more: Any) -> tuple[Run, list[Event]]:
    """A run in which whatever is asked for is allowed at once, and what it recorded."""
    events: list[Event] = []

    def emit(event: Event) -> None:
        events.append(event)
        if isinstance(event, ApprovalRequested):
            run.approvals.answer(event.approval_id, approved=True, code_sha256=event.code_sha256)

    coding = SandboxSettings(approval=policy, timeout_s=30)
    run = a_run(sandbox=lambda: sandbox, emit=emit, coding=coding, **more)
    return run, events


def called(run: Run, tool: str = "run_python", **arguments: Any) -> ToolResult:
    return TOOLS[tool].call(ToolContext(run=run, agent="coder", call_id="c1"), json.dumps(arguments))


@pytest.mark.parametrize("policy", ["never", "always"])
def test_a_line_ends_in_what_runs_where_it_ends_in_what_is_shown(policy: str) -> None:
    sandbox = Noting()
    run, events = approving(sandbox, policy)
    called(run, "run_shell", command="echo one #\recho two\r\necho three")
    shown = "echo one #\necho two\necho three"
    assert [code for code, _, _ in sandbox.ran] == [shown]
    assert [request.code for request in of(ApprovalRequested, events)] == ([shown] if policy == "always" else [])


class TestTime:
    def test_without_a_policy_the_sandbox_s_own_limit_holds(self) -> None:
        sandbox = Noting()
        called(approving(sandbox)[0], code="open('x', 'w')")
        assert sandbox.ran == [("open('x', 'w')", "python", None)]

    def test_what_is_not_asked_for_may_not_run_long(self) -> None:
        sandbox = Noting()
        run, events = approving(sandbox, "risky")
        called(run, code="print(1)")
        called(run, code="print(2)", timeout_s=2)
        assert sandbox.ran == [("print(1)", "python", LONG_S), ("print(2)", "python", 2.0)]
        assert not of(ApprovalRequested, events)

    def test_more_time_is_asked_for_and_then_given(self) -> None:
        sandbox = Noting()
        run, events = approving(sandbox, "risky")
        called(run, code="print(1)", timeout_s=MOST_S)
        called(run, "run_shell", command="ls")
        assert sandbox.ran == [("print(1)", "python", MOST_S), ("ls", "sh", None)]
        assert [f"{MOST_S:g} s" in request.reason for request in of(ApprovalRequested, events)] == [True, False]

    def test_a_timeout_that_nobody_was_asked_about_is_explained(self) -> None:
        result = called(approving(Noting(status="timeout"), "risky")[0], code="print(1)")
        assert (result.ok, result.error_type) == (False, "CodeTimeout")
        assert "timeout_s" in result.value["note"]

    @pytest.mark.parametrize("timeout_s", [0, -1, float("nan"), float("inf"), MOST_S + 1])
    @pytest.mark.parametrize("policy", ["never", "always"])
    def test_a_bad_limit_is_one_sentence_and_runs_nothing(self, policy: str, timeout_s: float) -> None:
        sandbox = Noting()
        run, events = approving(sandbox, policy)
        with pytest.raises(ToolError, match="timeout_s"):
            called(run, code="print(1)", timeout_s=timeout_s)
        assert not sandbox.ran
        assert not events

    def test_where_nobody_is_asked_a_model_cannot_raise_the_limit_of_the_settings(self) -> None:
        with pytest.raises(ToolError, match="up to 30 seconds"):
            called(approving(Noting())[0], code="print(1)", timeout_s=31)


class TestIsolation:
    @pytest.mark.parametrize("policy", ["never", "risky", "always"])
    def test_less_than_full_always_asks(self, policy: str) -> None:
        run, events = approving(Noting(isolation="reduced"), policy)
        called(run, code="print(1)")
        assert "reduced" in of(ApprovalRequested, events)[0].reason

    def test_where_nothing_can_run_nobody_is_asked(self) -> None:
        run, events = approving(Noting(name="none", isolation="none", status="refused"), "always")
        assert called(run, code="print(1)").error_type == "CodeRefused"
        assert not of(ApprovalRequested, events)


class TestFiles:
    def test_documents_are_laid_under_their_names(self) -> None:
        sandbox = Noting()
        result = called(approving(sandbox)[0], code="1", files=["prices.md", "价格.md"])
        assert result.value["inputs"] == ["inputs/prices.md", "inputs/价格.md"]
        assert sandbox.laid["价格.md"].decode() == HANDBOOK.texts["价格.md"]

    def test_two_documents_of_one_name_are_told_apart(self) -> None:
        shelf = Shelf({"a/x.md": "one", "b/x.md": "two"})
        sandbox = Noting()
        result = called(approving(sandbox, kb=shelf)[0], code="1", files=["a/x.md", "b/x.md"])
        assert sorted(sandbox.laid.values()) == [b"one", b"two"]
        assert len(set(result.value["inputs"])) == 2

    def test_a_hostile_name_becomes_a_plain_one(self) -> None:
        shelf = Shelf({"a/\x1b[31m..\u202ex;rm -rf.md": "one"})
        sandbox = Noting()
        called(approving(sandbox, kb=shelf)[0], code="1", files=[next(iter(shelf.texts))])
        (name,) = sandbox.laid
        assert name.isprintable()
        assert not set(name) & set("/;\u202e")

    def test_an_unknown_document_and_too_many_are_errors_and_run_nothing(self) -> None:
        sandbox = Noting()
        with pytest.raises(UnknownDocument, match="gone"):
            called(approving(sandbox)[0], code="1", files=["prices.md", "gone.md"])
        with pytest.raises(ToolError, match=f"up to {MOST_FILES}"):
            called(approving(sandbox)[0], code="1", files=["prices.md"] * (MOST_FILES + 1))
        assert not sandbox.ran

    def test_a_document_that_is_too_big_is_an_error(self) -> None:
        shelf = Shelf({"big.md": "x" * (65 * 2**20)})
        with pytest.raises(ToolError, match="65 MB"):
            called(approving(Noting(), kb=shelf)[0], code="1", files=["big.md"])


def test_after_a_stop_nothing_is_begun() -> None:
    sandbox = Noting()
    run, _ = approving(sandbox)
    run.stop.set()
    with pytest.raises(RunStopped):
        called(run, code="print(1)")
    assert not sandbox.ran
