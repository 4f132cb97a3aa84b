"""The tool that runs code, in the sandbox and nowhere else."""

from __future__ import annotations

from agents.events import CodeRan
from agents.tools.registry import ToolContext, ToolResult, tool


@tool
def run_python(context: ToolContext, code: str) -> ToolResult:
    """Run a Python program in a sandbox without network and files, and get what it printed.

    code: the whole program; print every result you need
    """
    run = context.run
    result = run.sandbox().run(code, stop=run.stop)
    run.check_stop()
    run.emit(
        CodeRan(
            agent=context.agent,
            call_id=context.call_id,
            code=code,
            backend=result.backend,
            isolation=result.isolation,
            status=result.status,
            exit_code=result.exit_code,
            stdout=result.stdout,
            stderr=result.stderr,
            ms=result.ms,
        )
    )
    shown = {"status": result.status, "stdout": result.stdout, "stderr": result.stderr}
    return ToolResult(shown, ok=result.status == "ok")
