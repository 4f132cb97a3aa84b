"""Knows a browser again: every one gets a name of its own in a cookie that scripts cannot read."""

from __future__ import annotations

import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KEY = "roundtable.session"
_NAME = re.compile(r"[A-Za-z0-9_-]{43}")
_PORT = re.compile(r":(\d{1,5})$")


class Sessions:
    """Puts the browser's session into every request, see `session_of`; a browser without one is given one.

    Who follows a link from another site sends no cookie that first time, and keeps the one there is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        cookie = _cookie(headers)
        known = HTTPConnection(scope).cookies.get(cookie, "")
        session = known if _NAME.fullmatch(known) else secrets.token_urlsafe(32)
        if session != known and headers.get("sec-fetch-site") != "cross-site":
            send = _giving(send, f"{cookie}={session}; Path=/; HttpOnly; SameSite=Strict")
        await self._app({**scope, _KEY: session}, receive, send)


def session_of(scope: Scope) -> str:
    """The session of the browser that sent the request."""
    session: str = scope[_KEY]
    return session


def _cookie(headers: Headers) -> str:
    """Browsers share cookies among all ports of a host, so the port is part of the name."""
    port = _PORT.search(headers.get("host", ""))
    return f"roundtable_{port[1] if port else 80}"


def _giving(send: Send, cookie: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("Set-Cookie", cookie)
        await send(message)

    return sending
