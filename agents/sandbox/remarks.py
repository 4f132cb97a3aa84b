"""What a reader of a result must know beside what the code printed."""

from __future__ import annotations

from agents.ports import CodeResult
from agents.sandbox.results import LOST, VARIABLES_LOST

LOST_BEFORE = "The variables made before are lost."


def remarks(result: CodeResult) -> list[str]:
    """A sentence each: the files it made, an end without a word, lost state, isolation that is not full."""
    said = [f"File {artifact['name']}: {artifact['path']}" for artifact in result.artifacts]
    if result.status == "error" and not result.stderr.strip():
        said.append(f"The code ended with exit code {result.exit_code}.")
    if result.state_lost and LOST not in result.stderr and VARIABLES_LOST not in result.stderr:
        said.append(LOST_BEFORE)
    if result.isolation != "full" and result.status != "refused":
        said.append(f"Isolation: {result.isolation} ({result.backend}).")
    return said
