"""Connections for fetching: to machines that were checked, and all within one time limit."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import httpcore

from configs.settings import FetchSettings
from retrieval.addresses import resolve

_NEXT_S = 5.0  # until the next IP address of a host is tried


class CheckedNetwork(httpcore.NetworkBackend):
    """Connects to the very IP addresses that were checked, whatever a name resolves to later."""

    def __init__(self, settings: FetchSettings) -> None:
        self._allow_hosts, self._deadline = settings.allow_hosts, time.monotonic() + settings.timeout_s

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers. Raises SourceError when the host may not be asked."""
        *others, last = resolve(host, port, allow_hosts=self._allow_hosts, timeout_s=_left(self._deadline))

        def connect(ip: str, most_s: float) -> httpcore.NetworkStream:
            wait = min(most_s, _left(self._deadline))
            stream = httpcore.SyncBackend().connect_tcp(ip, port, wait, local_address, socket_options)
            return _TimedStream(stream, self._deadline)

        for ip in others:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return connect(ip, _NEXT_S)
        return connect(last, _left(self._deadline))


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every wait ends at the deadline, however little comes each time."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        ssl_context.load_default_certs()  # authorities installed on this machine, besides those of browsers
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left
