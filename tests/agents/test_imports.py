"""What a module costs to import: the frameworks come only when a team is built."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"autogen", "openai", "chromadb", "torch", "docling", "gradio", "openvino", "tantivy"}


@pytest.mark.parametrize(
    "module",
    [
        "agents.events",
        "agents.ports",
        "agents.log.store",
        "agents.conversation",
        "agents.teams.team_file",
        "agents.app",
    ],
)
def test_importing_loads_no_framework(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({HEAVY!r} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == []


def test_warming_up_loads_autogen_before_the_first_question() -> None:
    code = (
        "import sys; from agents.app import build_app; from configs.settings import Settings; "
        "build_app(Settings()).warm_up(); print('autogen' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "True\n"
