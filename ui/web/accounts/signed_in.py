"""Stands before every page: nobody passes without a ticket."""

from __future__ import annotations

import time
from collections.abc import Collection
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.remote import PATH
from ui.web.accounts.asking import door, ticket_of
from ui.web.accounts.errors import AccountError, SignInExpired, SignInNeeded, TooMany
from ui.web.accounts.look import look_of, onward
from ui.web.accounts.rate import Rate
from ui.web.accounts.tickets import Tickets
from ui.web.visitor import USER

_OPEN = (("GET", "/api/health"), ("POST", PATH))
"""What is nobody's secret, and what has a token of its own."""

_BACK = "/oidc/callback"
"""Where people come from another site, with a cookie for that alone."""

_LOOK_AGAIN_S = 1.0


class SignedIn:
    """Puts name and role into a request with a good ticket, see `ui.web.visitor`; answers every other by itself.

    `doors` are open to everybody, `desk` to everybody with a ticket. A stream ends within a second of its next piece
    when its ticket does. `work` limits how often one person may let something begin.
    """

    def __init__(
        self, app: ASGIApp, *, tickets: Tickets, doors: Collection[Route], desk: Collection[Route], work: Rate
    ) -> None:
        self._app, self._tickets, self._work = app, tickets, work
        self._doors, self._desk = Starlette(routes=list(doors)), Starlette(routes=list(desk))
        self._is_door, self._is_desk = {route.path for route in doors}, {route.path for route in desk}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan" or (scope["type"] == "http" and (scope["method"], scope["path"]) in _OPEN):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(Request(scope), scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _answer(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        path, ticket = scope["path"], ticket_of(request)
        if _came_by_a_link(request) and not ticket and path != _BACK:
            await onward(look_of(request), door(_here(request)))(scope, receive, send)
            return
        holder = self._tickets.holder(ticket) if ticket else None
        if path in self._is_door:
            await self._doors(scope, receive, send)
        elif holder is None:
            await _refusal(request, SignInExpired() if ticket else SignInNeeded())(scope, receive, send)
        elif request.method == "POST" and (wait := self._work.wait(holder.name)):
            await _told(TooMany(wait))(scope, receive, send)
        else:
            await self._let_through({**scope, USER: tuple(holder)}, receive, send, ticket)

    async def _let_through(self, scope: Scope, receive: Receive, send: Send, ticket: str) -> None:
        app = self._desk if scope["path"] in self._is_desk else self._app
        watched = _Watched(send, self._tickets, ticket)
        try:
            await app(scope, receive, watched)
        except (_Ended, ClientDisconnect):
            if not watched.ended:
                raise


class _Ended(OSError):
    """The ticket has ended in the middle of an answer."""


class _Watched:
    """Passes an answer on for as long as its ticket is good; lets no browser keep a page for the next person."""

    def __init__(self, send: Send, tickets: Tickets, ticket: str) -> None:
        self._send, self._tickets, self._ticket = send, tickets, ticket
        self._looked = time.monotonic()
        self.ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = _not_kept(message)
        elif message.get("more_body") and self._has_ended():
            self.ended = True
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            raise _Ended
        await self._send(message)

    def _has_ended(self) -> bool:
        now = time.monotonic()
        if now - self._looked < _LOOK_AGAIN_S:
            return False
        self._looked = now
        return self._tickets.holder(self._ticket) is None


def _not_kept(message: Message) -> Message:
    headers = [(name.lower(), value) for name, value in message["headers"]]
    if not any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers):
        return message
    kept = [pair for pair in headers if pair[0] != b"cache-control"]
    return {**message, "headers": [*kept, (b"cache-control", b"no-store")]}


def _is_visit(request: Request) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


def _came_by_a_link(request: Request) -> bool:
    """From another site: browsers leave strict cookies out, so nobody knows yet who comes."""
    return _is_visit(request) and request.headers.get("sec-fetch-site") == "cross-site"


def _here(request: Request) -> str:
    query = request.url.query
    return quote(request.scope["path"]) + (f"?{query}" if query else "")


def _refusal(request: Request, error: AccountError) -> Response:
    return RedirectResponse(door(_here(request)), 303) if _is_visit(request) else _told(error)


def _told(error: AccountError) -> Response:
    response = JSONResponse({"error": error.as_dict()}, error.status, headers={"Cache-Control": "no-store"})
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.wait_s)
    return response
