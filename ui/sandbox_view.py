"""The result of code in the terminal: what it printed as it printed it, and about the rest a line each."""

from __future__ import annotations

import sys

from agents.ports import CodeResult
from agents.sandbox.remarks import remarks
from ui import terminal


def show(result: CodeResult) -> None:
    """Its stdout on ours; its stderr and everything there is to say on stderr."""
    sys.stdout.write(result.stdout)
    if result.stdout and not result.stdout.endswith("\n") and sys.stdout.isatty():
        sys.stdout.write("\n")
    sys.stdout.flush()
    if result.stderr.strip():
        terminal.say(result.stderr.rstrip("\n"))
    for remark in remarks(result):
        terminal.say(remark)
