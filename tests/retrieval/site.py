"""A web site on this machine whose answers a test writes byte by byte."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

Answer = bytes | Callable[[socket.socket], None]


class Site:
    """Answers by path; counts connections and keeps the headers of every request, names in lower case."""

    def __init__(self, server: socket.socket, context: ssl.SSLContext | None) -> None:
        self._server, self._context = server, context
        self.answers: dict[str, Answer] = {}
        self.requests: list[dict[str, str]] = []
        self.connections = 0
        self.port: int = server.getsockname()[1]

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{'https' if self._context else 'http'}://{host}:{self.port}{path}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self.connections += 1
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            talk = self._context.wrap_socket(connection, server_side=True) if self._context else connection
            request = b""
            while b"\r\n\r\n" not in request:
                request += talk.recv(65536)
            first, *lines = request.decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            self.requests.append({**headers, "path": first.split(" ")[1]})
            answer = self.answers.get(first.split(" ")[1], page(b"", status="404 Not Found"))
            if callable(answer):
                answer(talk)
            else:
                talk.sendall(answer)


def page(body: bytes, content_type: str = "text/html", *, status: str = "200 OK", **headers: Any) -> bytes:
    """An answer; `headers` by their names with underscores."""
    more = {"Content_Type": content_type, "Content_Length": len(body), "Connection": "close", **headers}
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in more.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(to: str, status: str = "302 Found") -> bytes:
    return page(b"", status=status, Location=to)


@contextmanager
def running(context: ssl.SSLContext | None = None) -> Iterator[Site]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        site = Site(server, context)
        threading.Thread(target=site.serve, daemon=True).start()
        yield site
        server.shutdown(socket.SHUT_RDWR)
