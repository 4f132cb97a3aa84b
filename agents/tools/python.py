"""The tool that runs Python, in the sandbox and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

from agents.tools.cells import run_cell
from agents.tools.registry import ToolContext, ToolResult, tool


@tool(timeout_s=None, effect="asks")
def run_python(
    context: ToolContext, code: str, timeout_s: float | None = None, files: Sequence[str] = ()
) -> ToolResult:
    """Run a cell of Python in a sandbox, and get what it printed and the files it made.

    Variables, imports and files live on from cell to cell. There is no network. Installed are numpy, pandas,
    matplotlib, scipy and openpyxl. Documents and tables lie in inputs/ and can be read only. Plots that are shown and
    files written to the working directory become part of the answer.

    code: the cell; print every result you need
    timeout_s: seconds it may take, if it needs more or fewer than usual
    files: documents to lay into inputs/ under their file names, each as list_documents or a passage names it
    """
    return run_cell(context, code, language="python", timeout_s=timeout_s, files=files)
