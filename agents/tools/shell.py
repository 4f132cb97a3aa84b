"""The tool that runs shell commands, in the sandbox and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

from agents.tools.cells import run_cell
from agents.tools.registry import ToolContext, ToolResult, tool


@tool(timeout_s=None, effect="asks")
def run_shell(
    context: ToolContext, command: str, timeout_s: float | None = None, files: Sequence[str] = ()
) -> ToolResult:
    """Run a shell script in the sandbox of run_python, and get what it printed and the files it made.

    It works in the directory of run_python: files live on from script to script, variables do not. There is no network,
    and Python has the packages of run_python: numpy, pandas, matplotlib, scipy and openpyxl. Documents and tables lie
    in inputs/ and can be read only. Files written to the working directory become part of the answer.

    command: the script
    timeout_s: seconds it may take, if it needs more or fewer than usual
    files: documents to lay into inputs/ under their file names, each as list_documents or a passage names it
    """
    return run_cell(context, command, language="sh", timeout_s=timeout_s, files=files)
