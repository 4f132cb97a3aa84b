"""One cell of code that a tool call asks for: allowed if need be, run in the conversation's session, and told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.errors import ToolError
from agents.events import CodeRan
from agents.ports import CodeResult, Language
from agents.safety.approval_policy import LONG_S, one_line_end, why_ask
from agents.sandbox.results import fault
from agents.tools.inputs import lay
from agents.tools.permission import doubt, permitted
from agents.tools.registry import ToolContext, ToolResult
from configs.settings import ApprovalPolicy

MOST_S = 600.0
"""The longest time a call may ask for; without a person to allow it, no more than the settings give."""


@dataclass(frozen=True, kw_only=True)
class _Cell:
    """Code as it runs; `edited` when a person changed it."""

    code: str
    language: Language
    timeout_s: float | None
    edited: bool = False


def run_cell(
    context: ToolContext, code: str, *, language: Language, timeout_s: float | None, files: Sequence[str]
) -> ToolResult:
    """Run code for a model. Raises CodeNotAllowed, RunStopped, and ToolError for a bad time limit."""
    run = context.run
    _check_time(context, timeout_s)
    inputs = lay(run, context.kb, files)
    cell = _allowed(context, _Cell(code=one_line_end(code), language=language, timeout_s=timeout_s))
    result = run.session.run(cell.code, language=language, timeout_s=cell.timeout_s, stop=run.stop)
    result, run.state_gone = replace(result, state_lost=result.state_lost or run.state_gone), False
    run.artifacts += result.artifacts
    run.emit(_event(context, cell, result))
    run.check_stop()
    ok = result.status == "ok"
    error_type = "" if ok else f"Code{result.status.title()}"
    return ToolResult(_told(cell, result, inputs), ok=ok, error_type=error_type)


def _check_time(context: ToolContext, timeout_s: float | None) -> None:
    most = context.run.coding.timeout_s if _policy(context) == "never" else MOST_S
    if timeout_s is not None and not 0 < timeout_s <= most:  # so that NaN is refused, too
        raise ToolError(f"timeout_s is {timeout_s:g}; more than 0 and up to {most:g} seconds are allowed.")


def _policy(context: ToolContext) -> ApprovalPolicy:
    return context.run.approval or context.run.coding.approval


def _allowed(context: ToolContext, cell: _Cell) -> _Cell:
    """The cell as it may run now. What could not run in any case is not asked for: running it says why."""
    run, sandbox = context.run, context.run.sandbox()
    if fault(cell.code, cell.language) or sandbox.name == "none":
        return cell
    policy = _policy(context)
    read = doubt(run, cell.code, written=cell.language, tools=context.acting)
    risky = why_ask(
        policy, language=cell.language, code=cell.code, timeout_s=cell.timeout_s, isolation=sandbox.isolation
    )
    if reason := " ".join(filter(None, (read, risky))):
        answer = permitted(context, cell.code, written=cell.language, reason=reason)
        return replace(cell, code=answer.code, edited=answer.edited)
    short = min(cell.timeout_s or run.coding.timeout_s, LONG_S)
    return replace(cell, timeout_s=short) if policy == "risky" else cell


def _event(context: ToolContext, cell: _Cell, result: CodeResult) -> CodeRan:
    return CodeRan(
        agent=context.agent,
        call_id=context.call_id,
        code=cell.code,
        language=cell.language,
        backend=result.backend,
        isolation=result.isolation,
        status=result.status,
        exit_code=result.exit_code,
        stdout=result.stdout,
        stderr=result.stderr,
        ms=result.ms,
        artifacts=result.artifacts,
        state_lost=result.state_lost,
    )


def _told(cell: _Cell, result: CodeResult, inputs: Sequence[str]) -> dict[str, Any]:
    """What the model is told; files by their names, never by where they are kept."""
    told: dict[str, Any] = {"status": result.status, "stdout": result.stdout, "stderr": result.stderr}
    if inputs:
        told["inputs"] = list(inputs)
    if result.artifacts:
        told["files"] = [{"name": made["name"], "bytes": made["bytes"]} for made in result.artifacts]
    if result.state_lost:
        told["state_lost"] = True
    if cell.edited:
        told["note"] = "The user changed the code before it ran; `code` is what ran."
        told["code"] = cell.code
    elif result.status == "timeout" and cell.timeout_s == LONG_S:
        told["note"] = f"What takes longer than {LONG_S:g} s must be asked for: call again with timeout_s."
    return told
