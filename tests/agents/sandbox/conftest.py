from __future__ import annotations

import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.ports import Sandbox, Session
from agents.sandbox import open_sandbox
from configs.settings import SandboxSettings


def bubblewrap(**limits: Any) -> Sandbox:
    """The real thing; without bubblewrap on this machine every test that needs it fails."""
    limits = {"warm": 0, **limits}
    sandbox = open_sandbox(SandboxSettings(backends=("bubblewrap",), **limits))
    assert sandbox.name == "bubblewrap", sandbox.run("").stderr
    return sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    sandbox = bubblewrap()
    yield sandbox
    sandbox.close()


@pytest.fixture
def session(sandbox: Sandbox, tmp_path: Path) -> Iterator[Session]:
    session = sandbox.session(keep=tmp_path / "kept")
    yield session
    session.close()


@pytest.fixture
def world() -> Iterator[Path]:
    """A folder every user of the host may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def host(world: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Real things of the host that code in a sandbox would like to reach."""
    secret = f"sk-{secrets.token_hex(8)}"
    monkeypatch.setenv("ROUNDTABLE_LLM__API_KEY", secret)
    canary = world / "canary.txt"
    canary.write_text(secret, encoding="utf-8")
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as named,
        socket.socket(socket.AF_UNIX) as abstract,
        canary.open("rb") as inheritable,
    ):
        named.bind(str(world / "socket"))
        (world / "socket").chmod(0o777)
        abstract.bind(f"\0{secret}")
        named.listen()
        abstract.listen()
        os.set_inheritable(inheritable.fileno(), True)
        yield {
            "secret": secret,
            "canary": str(canary),
            "folder": str(world),
            "port": tcp.getsockname()[1],
            "socket": str(world / "socket"),
            "abstract": f"\0{secret}",
            "pid": os.getpid(),
            "home": str(Path.home()),
            "repository": str(Path(__file__).parents[3]),
        }
