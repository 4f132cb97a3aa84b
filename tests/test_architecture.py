"""The house keeps its shape: imports point down, and every framework has one home."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("configs", "retrieval", "agents", "ui")
HOMES = {
    "docling": ("retrieval/parsing/",),
    "docling_core": ("retrieval/parsing/", "retrieval/chunking/"),
    "chromadb": ("retrieval/stores/chroma.py",),
    "tantivy": ("retrieval/stores/lexical.py",),
    "sentence_transformers": ("retrieval/embedding/",),
    "openvino": ("retrieval/embedding/",),
    "torch": ("retrieval/embedding/",),
    "transformers": ("retrieval/embedding/",),
    "tiktoken": ("retrieval/tokens.py",),
    "autogen": ("agents/",),
    "openai": ("agents/llm/",),
    "gradio": ("ui/web/",),
    "jwt": ("ui/web/accounts/",),
    "mcp": ("agents/tools/mcp/",),
    "opentelemetry": ("agents/tracing/",),
    "mcp_types": ("agents/tools/mcp/",),
}
HEAVY = (
    "torch", "docling", "docling_core", "chromadb", "openvino", "autogen", "gradio", "mcp", "openai", "transformers",
)  # fmt: skip


def _imports() -> Iterator[tuple[str, str]]:
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module:
                    names.append(node.module)
                yield from ((path.relative_to(ROOT).as_posix(), name) for name in names)


def test_imports_point_down_only() -> None:
    upward = [
        f"{file} imports {name}"
        for file, name in _imports()
        if name.split(".")[0] in LAYERS and LAYERS.index(name.split(".")[0]) > LAYERS.index(file.split("/")[0])
    ]
    assert upward == []


def test_every_framework_has_one_home() -> None:
    strays = [
        f"{file} imports {name}"
        for file, name in _imports()
        if (homes := HOMES.get(name.split(".")[0])) and not file.startswith(homes)
    ]
    assert strays == []


@pytest.mark.parametrize("module", ["ui.cli", "ui.actions", "agents.events", "agents.app", "retrieval.library"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_top_level_is_what_the_owner_fixed() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split("/")[0] for line in tracked.split("\0") if line} <= {
        *LAYERS, "tests", "main.py", "pyproject.toml", "README.md", "Makefile", "CHANGELOG.md", "CONTRIBUTING.md",
        "docs", "benchmarks", "examples", ".ci", ".gitignore", "LICENSE",
    }  # fmt: skip


def test_no_file_is_over_500_lines() -> None:
    files = [path for layer in (*LAYERS, "tests") for path in (ROOT / layer).rglob("*.py")]
    assert [path.name for path in files if len(path.read_text(encoding="utf-8").splitlines()) > 500] == []
