"""Every test: an empty home, no setting from outside, no network beyond this machine."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path
from typing import Any

import pytest

from configs.settings import Settings, load_settings

_HOME = tempfile.TemporaryDirectory(prefix="roundtable-tests-", ignore_cleanup_errors=True)

for _name in [name for name in os.environ if name.startswith(("ROUNDTABLE_", "DOCLING_", "OPENAI_"))]:
    del os.environ[_name]
os.environ.update(HOME=_HOME.name, HF_HUB_OFFLINE="1", GRADIO_ANALYTICS_ENABLED="False")
for _name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
    os.environ[_name] = str(Path(_HOME.name) / _name.lower())


ALONE = (
    "agents/sandbox/",
    "agents/test_stopping.py",
    "agents/test_twenty.py",
    "agents/tools/mcp/",
    "benchmarks/",
    "retrieval/embedding/",
    "retrieval/parsing/test_pool.py",
    "retrieval/test_hostile.py",
    "retrieval/test_kill.py",
    "retrieval/test_library.py",
    "ui/test_cli_sandbox",
)
"""Tests of what is measured in seconds, in bytes or in processes that are left: nothing may run beside them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark those that must run alone; `make test` does the others two at a time."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).as_posix().startswith(ALONE):
            item.add_marker(pytest.mark.alone)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else "unix"
        if host not in ("127.0.0.1", "::1", "localhost", "unix"):
            raise RuntimeError(f"A test was about to connect to {address}.")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local_only)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The defaults, with a data directory of this test's own."""
    return load_settings(data_dir=tmp_path / "data")
