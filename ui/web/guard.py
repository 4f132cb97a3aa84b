"""Stands before every request: only our own page may talk to us, and it may load nothing from elsewhere."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Gradio's page needs inline scripts and compiles its templates in the browser, hence the two `unsafe` words."""

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ANY = frozenset({"0.0.0.0", "::"})


class Guard:
    """Refuses requests under a foreign host name or from a foreign origin, and adds the security headers.

    `host` is where the server listens. The loopback names are always right; a wildcard address also accepts this
    machine's name and every numeric address, which no foreign site can make its own name point to.
    """

    def __init__(self, app: ASGIApp, *, host: str) -> None:
        self._app = app
        self._anywhere = host in _ANY
        self._names = _LOOPBACK | {socket.gethostname().lower() if self._anywhere else host}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and self._allows(Headers(scope=scope)):
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "http":
            refusal = PlainTextResponse("Requests from other sites are refused.\n", status_code=403)
            await refusal(scope, receive, _with_headers(send))
        else:
            await send({"type": "websocket.close"})

    def _allows(self, headers: Headers) -> bool:
        host, origin = headers.get("host", ""), headers.get("origin")
        try:
            name, sender = urlsplit(f"//{host}").hostname, urlsplit(origin or f"//{host}").netloc
        except ValueError:
            return False
        return (name in self._names or (self._anywhere and _is_numeric(name))) and sender == host


def _is_numeric(name: str | None) -> bool:
    try:
        ipaddress.ip_address(name or "")
    except ValueError:
        return False
    return True


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_HEADERS)
        await send(message)

    return sending
