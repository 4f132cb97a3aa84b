"""Reaches the host of a session, and starts it where there is none: exactly one, whoever else tries."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from agents.errors import SandboxSessionRefused
from agents.sandbox.lines import Lines, check_peer
from agents.sandbox.place import Life, Place
from configs.settings import SandboxSettings, child_environment

GREET_S = 10.0
START_S = 60.0  # a container engine may take its time to be probed
POLL_S = 0.02
_ROOT = Path(__file__).resolve().parents[2]

# Everything else may be a secret: a host lives long, and needs no more than to find its programs.
_PASSED_ON = {
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONPATH", "XDG_RUNTIME_DIR"),
    *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "DBUS_SESSION_BUS_ADDRESS"),
    *("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "CONTAINER_HOST"),
}


class Host:
    """A greeted connection: `lines` to talk over, and what the host said of itself."""

    def __init__(self, lines: Lines, pid: int, greeting: dict[str, Any]) -> None:
        self.lines, self.pid = lines, pid
        self.run: str = greeting["host"]
        self.backend: str = greeting["backend"]
        self.isolation: Any = greeting["isolation"]


def dial(place: Place) -> tuple[socket.socket, int] | None:
    """A connection to a process of our own and its id, or None where nobody listens. Raises SandboxSessionRefused."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(GREET_S)
        with place.address() as address:
            connection.connect(address)
        return connection, check_peer(connection)
    except (FileNotFoundError, ConnectionError):
        connection.close()
        return None
    except (TimeoutError, BlockingIOError):
        connection.close()
        raise _stuck(place) from None
    except OSError as error:
        connection.close()
        raise SandboxSessionRefused(f"The socket {place.socket} cannot be used ({error.strerror}).") from error
    except SandboxSessionRefused:
        connection.close()
        raise


def connect(place: Place) -> Host | None:
    """The host, which answered, or None where nobody listens. Raises SandboxSessionRefused."""
    if (found := dial(place)) is None:
        return None
    lines = Lines(found[0])
    try:
        greeting = lines.receive(GREET_S)
        if greeting is not None:
            return Host(lines, found[1], greeting)
    except TimeoutError:
        lines.close()
        raise _stuck(place) from None
    lines.close()
    return None


def reach(place: Place, settings: SandboxSettings) -> Host:
    """The host of a session, started when there is none. Raises SandboxSessionRefused."""
    place.prepare()
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if (host := connect(place)) is not None:
            return host
        if (life := Life.take(place, make=True)) is None:
            time.sleep(POLL_S)
            continue
        try:
            _start(place, settings, life)
        except SandboxSessionRefused:
            if not life.has_variables:
                life.forget()
            raise
        finally:
            life.release()
    raise _stuck(place)


def _start(place: Place, settings: SandboxSettings, life: Life) -> None:
    """Start a host that nobody has to wait for; it inherits the lock, so that there is no moment without a holder."""
    order = {"home": str(place.folder.parent), "id": place.id, "settings": settings.model_dump(mode="json")}
    log = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        host = subprocess.Popen(
            [sys.executable, "-m", "agents.sandbox.host", str(life.descriptor)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=_ROOT,
            env={name: value for name, value in child_environment().items() if _is_passed_on(name)},
            pass_fds=(life.descriptor,),
            start_new_session=True,
        )
    finally:
        os.close(log)
    with host:
        try:
            answer, _ = host.communicate(json.dumps(order).encode(), timeout=START_S)
        except subprocess.TimeoutExpired:
            answer = b""
            with suppress(ProcessLookupError):
                os.killpg(host.pid, signal.SIGKILL)
    _check(answer, place)


def _check(answer: bytes, place: Place) -> None:
    problem = json.loads(answer) if answer else _last_words(place)
    if problem:
        raise SandboxSessionRefused(f"The session {place.id!r} cannot be started: {problem}")


def _last_words(place: Place) -> str:
    said: list[str] = []
    with suppress(OSError):
        said = place.log.read_text(encoding="utf-8", errors="replace").split("\n")
    last = next((line.strip() for line in reversed(said) if line.strip()), "it said nothing")
    return f"its host ended ({last[:300]}). Try again, or see {place.log}."


def _is_passed_on(name: str) -> bool:
    return name in _PASSED_ON or name.startswith("LC_")


def _stuck(place: Place) -> SandboxSessionRefused:
    return SandboxSessionRefused(
        f"The host of the session {place.id!r} does not answer.", hint=f"`sandbox close {place.id}` ends it."
    )
