"""A process that keeps one session for the commands that come and go: `python -m agents.sandbox.host` in `reach`."""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from agents.errors import SandboxUnavailable
from agents.ports import CodeResult, Sandbox
from agents.sandbox import open_sandbox
from agents.sandbox.command import MB
from agents.sandbox.inputs import MOST_MB
from agents.sandbox.lines import Lines, Message, check_peer
from agents.sandbox.place import Life, Place
from agents.sandbox.refusing import RefusingSandbox
from configs.errors import AppError
from configs.settings import SandboxSettings

TICK_S = 0.2
REQUEST_S = 30.0
LAST_WORDS_S = 3.0
CLIENTS = 64


class _HungUp:
    """A StopSignal that is set when the client says a word, or nothing any more, before it got its answer."""

    def __init__(self, lines: Lines) -> None:
        self.is_set = lines.pending


class SessionHost:
    """Serves one session until it is closed, idle for too long, or its files are gone."""

    def __init__(self, place: Place, life: Life, sandbox: Sandbox, *, idle_s: float) -> None:
        self._place, self._life, self._sandbox, self._idle_s = place, life, sandbox, idle_s
        self._run = uuid4().hex
        self._session = sandbox.session(keep=place.folder.parent / "artifacts" / f"{place.id}-{self._run[:8]}")
        self._changing = threading.Lock()
        self._lost = life.has_variables
        self._at_work = 0
        self._used = time.monotonic()
        self._closing = False
        self._listener = self._listen()

    def serve(self) -> None:
        """Answer clients, each in a thread of its own, until the end."""
        clients: list[threading.Thread] = []
        while not self._over():
            with suppress(TimeoutError):
                connection, _ = self._listener.accept()
                clients = [client for client in clients if client.is_alive()]
                if len(clients) < CLIENTS:
                    clients.append(threading.Thread(target=self._greet, args=(connection,), daemon=True))
                    clients[-1].start()
                else:
                    connection.close()
        self._end(clients)

    def _listen(self) -> socket.socket:
        self._place.socket.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        with self._place.address() as address:
            listener.bind(address)
        self._place.socket.chmod(0o600)
        listener.listen(CLIENTS)
        listener.settimeout(TICK_S)
        return listener

    def _over(self) -> bool:
        with self._changing:
            idle = not self._at_work and time.monotonic() - self._used > self._idle_s
        return self._closing or idle or not self._life.current

    def _end(self, clients: list[threading.Thread]) -> None:
        self._place.socket.unlink(missing_ok=True)
        self._listener.close()
        self._session.close()
        until = time.monotonic() + LAST_WORDS_S
        for client in clients:
            client.join(max(0.0, until - time.monotonic()))
        self._sandbox.close()
        self._place.log.unlink(missing_ok=True)
        if self._closing:
            self._life.clear()
        elif not self._life.has_variables:
            self._life.forget()

    def _greet(self, connection: socket.socket) -> None:
        with Lines(connection) as lines, suppress(OSError):
            try:
                check_peer(connection)
            except AppError:
                return
            lines.send(host=self._run, backend=self._sandbox.name, isolation=self._sandbox.isolation)
            answers = {"run": self._answer_run, "put": self._answer_put, "info": self._answer_info}
            while (request := lines.receive(REQUEST_S)) is not None:
                if request["op"] == "close":
                    self._closing = True
                if (answer := answers.get(request["op"])) is None:
                    return
                answer(lines, request)

    def _answer_run(self, lines: Lines, request: Message) -> None:
        with self._working():
            self._life.remember()
            lines.send(event="taken")
            result = self._session.run(
                request["code"],
                language=request["language"],
                timeout_s=request["timeout_s"],
                stop=_HungUp(lines),
            )
            self._tell(lines, result)

    def _tell(self, lines: Lines, result: CodeResult) -> None:
        """Tell a result, and until someone took it, that the state was lost."""
        with self._changing:
            self._lost = lost = self._lost or result.state_lost
        lines.send(event="done", result={**result.as_dict(), "state_lost": lost})
        with self._changing:
            self._lost = False

    def _answer_put(self, lines: Lines, request: Message) -> None:
        with self._working():
            content, more = bytearray(), True
            while more and len(content) <= MOST_MB * MB:
                piece = lines.receive(REQUEST_S)
                if piece is None:
                    return
                content += base64.b64decode(piece["data"])
                more = piece["more"]
            try:
                lines.send(event="put", path=self._session.put(request["name"], bytes(content)))
            except AppError as error:
                lines.send(event="refused", **error.as_dict())

    def _answer_info(self, lines: Lines, _: Message) -> None:
        with self._changing:
            at_work, idle = self._at_work, time.monotonic() - self._used
        waiting = max(0, at_work - 1)
        lines.send(event="info", busy=at_work > 0, waiting=waiting, idle_s=0.0 if at_work else round(idle, 1))

    @contextmanager
    def _working(self) -> Iterator[None]:
        with self._changing:
            self._at_work += 1
        try:
            yield
        finally:
            with self._changing:
                self._at_work -= 1
                self._used = time.monotonic()


def main() -> None:
    """Read the order from stdin, leave the parent, say on stdout what keeps us from serving, if anything, serve."""
    order: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    if os.fork():
        os._exit(0)
    life = int(sys.argv[1])
    os.set_inheritable(life, False)
    os.umask(0o077)
    os.chdir("/")
    try:
        host = _begin(order, life)
    except (AppError, OSError) as error:
        _say(str(error))
        raise SystemExit(1) from None
    _say("")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    host.serve()
    os._exit(0)  # whatever a thread still waits for, nobody does


def _begin(order: dict[str, Any], life: int) -> SessionHost:
    place = Place.within(Path(order["home"]), order["id"])
    settings = SandboxSettings(**order["settings"]).model_copy(update={"warm": 0})
    sandbox = open_sandbox(settings)
    if isinstance(sandbox, RefusingSandbox):
        raise SandboxUnavailable(sandbox.reason)
    return SessionHost(place, Life(life, place.state), sandbox, idle_s=settings.idle_s)


def _say(problem: str) -> None:
    sys.stdout.write(json.dumps(problem))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
