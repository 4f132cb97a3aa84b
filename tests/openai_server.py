"""A real HTTP server that speaks the OpenAI chat API from a script, for tests and for trying the application by hand.

    with ScriptedServer([call("run_python", {"code": "print(6*7)"}), say("42")]) as server:
        ...  # point a client at server.base_url; look at server.requests afterwards

Leaving the block fails when steps are left over or more was asked than the script holds. By hand:
`python -m tests.openai_server script.json --port 8000`, where the script is a JSON list as `step_of` reads it.
"""

from __future__ import annotations

import argparse
import json
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.openai_steps import (
    Raw,
    Reply,
    Silence,
    Step,
    call,
    calls,
    events_of,
    fail,
    page,
    raw_events,
    say,
    silence,
    step_of,
    whole,
)

__all__ = [
    "Raw",
    "Reply",
    "Request",
    "ScriptedServer",
    "Silence",
    "Step",
    "call",
    "calls",
    "fail",
    "page",
    "raw_events",
    "say",
    "silence",
]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One chat request as it came in; header names are lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


Answer = Step | Callable[[Request], Step]


class ScriptedServer:
    """Answers chat requests on 127.0.0.1 step by step; a function instead of a list answers every request."""

    def __init__(self, script: Sequence[Answer] | Callable[[Request], Step], *, port: int = 0) -> None:
        self.requests: list[Request] = []
        self.problems: list[str] = []
        self.connections = 0
        self.open_connections = 0
        self.closing = threading.Event()
        self._always = script if callable(script) else None
        self._steps = [] if callable(script) else list(script)
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.script = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def answer(self, request: Request) -> Step:
        """The step for this request, which is recorded; a request beyond the script becomes a 500 and a problem."""
        with self._lock:
            self.requests.append(request)
            if self._always is None and not self._steps:
                return self._problem(f"request {len(self.requests)} is beyond the script")
            answer = self._always or self._steps.pop(0)
        try:
            return answer(request) if callable(answer) else answer
        except Exception as error:  # noqa: BLE001 - the script's own code; reported at the end of the test
            return self._problem(f"the script failed: {error!r}")

    def wait_until_left(self, timeout_s: float) -> bool:
        """Whether every client closes its connection within that time."""
        until = time.monotonic() + timeout_s
        while self.open_connections and time.monotonic() < until:
            time.sleep(0.01)
        return self.open_connections == 0

    def count(self, *, opened: int = 0, closed: int = 0) -> None:
        """Keep the number of connections."""
        with self._lock:
            self.connections += opened
            self.open_connections += opened - closed

    def report(self) -> str:
        """How the script was not followed; empty when it was."""
        left = [f"{len(self._steps)} steps were never asked for, next: {self._steps[0]}"] if self._steps else []
        return "; ".join(self.problems + left)

    def assert_consumed(self) -> None:
        """Raise AssertionError when the script was not followed exactly."""
        assert not self.report(), self.report()

    def close(self) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def __enter__(self) -> ScriptedServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()
        if kind is None:
            self.assert_consumed()

    def _problem(self, problem: str) -> Step:
        self.problems.append(problem)
        return fail(500, problem)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    script: ScriptedServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def handle(self) -> None:
        self.server.script.count(opened=1)
        try:
            super().handle()
        except OSError:
            self.close_connection = True
        finally:
            self.server.script.count(closed=1)

    def do_GET(self) -> None:
        if self.path != "/v1/models":
            return self._raw(fail(404, f"no such path: {self.path}"))
        models = {"object": "list", "data": [{"id": "scripted", "object": "model", "created": 0, "owned_by": "tests"}]}
        return self._raw(page(json.dumps(models), media_type="application/json"))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/v1/chat/completions":
            return self._raw(fail(404, f"no such path: {self.path}"))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(path=self.path, headers=headers, body=json.loads(body))
        step = self.server.script.answer(request)
        if isinstance(step, Reply):
            return self._reply(step, request.body)
        return self._hang() if isinstance(step, Silence) else self._raw(step)

    def _reply(self, reply: Reply, request: dict[str, Any]) -> None:
        self._pause(reply.wait_s)
        if not (request.get("stream") and reply.streamed):
            return self._raw(Raw(body=whole(reply, request), headers={"Content-Type": "application/json"}))
        self._start(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})
        payloads = events_of(reply, request) + (["[DONE]"] if reply.end == "done" else [])
        for payload in payloads:
            self._chunk(f"data: {payload}\n\n".encode())
            self._pause(reply.delay_s)
        return self._end(reply.end)

    def _raw(self, raw: Raw) -> None:
        self._start(raw.status, {**raw.headers, "Transfer-Encoding": "chunked"})
        if raw.body:
            self._chunk(raw.body)
        self._end(raw.end)

    def _start(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def _end(self, end: str) -> None:
        if end == "stall":
            self._hang()
        elif end == "drop":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _hang(self) -> None:
        self.close_connection = True
        self._pause(float("inf"))

    def _pause(self, seconds: float) -> None:
        """Wait, but not longer than the server lives, nor than the client stays."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self.server.script.closing.is_set():
            if select.select([self.connection], [], [], min(left, 0.02))[0] and not self._client_is_there():
                raise ConnectionResetError

    def _client_is_there(self) -> bool:
        return bool(self.connection.recv(1, socket.MSG_PEEK))


def _main(arguments: Iterable[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.openai_server", description="Serve a scripted chat model.")
    parser.add_argument("script", type=Path, help="a JSON list of steps")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options = parser.parse_args(list(arguments))
    steps = [step_of(item) for item in json.loads(options.script.read_text(encoding="utf-8"))]
    server = ScriptedServer(steps, port=options.port)
    sys.stdout.write(f"{server.base_url}\n")
    sys.stdout.flush()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.close()
        sys.exit(server.report() or 0)


if __name__ == "__main__":
    _main(sys.argv[1:])
