"""What tests of the agents share: one sandbox, which leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents.ports import Sandbox
from agents.sandbox import open_sandbox
from configs.settings import SandboxSettings


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """The real one."""
    sandbox = open_sandbox(SandboxSettings(backends=("bubblewrap",)))
    yield sandbox
    sandbox.close()
