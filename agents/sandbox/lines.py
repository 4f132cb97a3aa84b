"""JSON lines over a private Unix socket, both ways; the other end is a process of the same user."""

from __future__ import annotations

import json
import os
import socket
import struct
from typing import Any

from agents.errors import SandboxSessionRefused
from agents.sandbox.command import MB

LINE_BYTES = 64 * MB
SEND_S = 30.0
_PIECE = 256 * 1024

Message = dict[str, Any]


class Lines:
    """A connection that sends and receives messages; closing it is how either end hangs up. Not thread-safe."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._held = bytearray()

    def send(self, **message: Any) -> None:
        """One message. Raises OSError when the other end does not take it."""
        self._connection.settimeout(SEND_S)
        self._connection.sendall(json.dumps(message).encode() + b"\n")

    def receive(self, timeout_s: float | None = None) -> Message | None:
        """The next message; None when the other end hung up, or sent what is none. Raises TimeoutError."""
        self._connection.settimeout(timeout_s)
        seen = 0
        while (end := self._held.find(b"\n", seen)) < 0:
            seen = len(self._held)
            if seen > LINE_BYTES or not self._read():
                return None
        line = bytes(self._held[:end])
        del self._held[: end + 1]
        return _message(line)

    def pending(self) -> bool:
        """Whether something came that was not received, be it only that the other end hung up."""
        if self._held:
            return True
        self._connection.settimeout(0)
        try:
            self._connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> bool:
        try:
            piece = self._connection.recv(_PIECE)
        except ConnectionError:
            return False
        self._held += piece
        return bool(piece)


def check_peer(connection: socket.socket) -> int:
    """The process at the other end. Raises SandboxSessionRefused unless it belongs to our user."""
    if not hasattr(socket, "SO_PEERCRED"):  # elsewhere than on Linux the folder alone keeps others out
        return 0
    pid, uid, _ = struct.unpack("iII", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    if uid != os.geteuid():
        raise SandboxSessionRefused(
            f"The socket of the session belongs to another user (uid {uid}).", hint="Choose another --data-dir."
        )
    return int(pid)


def _message(line: bytes) -> Message | None:
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
