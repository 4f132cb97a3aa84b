"""A small application behind the sign-in, served for real, and browsers without a screen in front of it."""

from __future__ import annotations

import asyncio
import html
import re
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, StreamingResponse

from ui.web.accounts.add_sign_in import add_sign_in
from ui.web.accounts.passwords import Cost, hashed
from ui.web.accounts.sign_in import SignIn
from ui.web.accounts.store import Accounts, open_accounts
from ui.web.guard import Guard
from ui.web.session import Sessions
from ui.web.visitor import Role, visitor_of

CHEAP = Cost(n=16, r=1, p=1)
LOCAL = SignIn(kind="local", cost=CHEAP)
PASSWORD = "correct horse"


@dataclass(frozen=True, kw_only=True)
class House:
    """Where it is served, where it keeps its data, and what it said on its terminal."""

    url: str
    home: Path
    said: list[str]

    @property
    def code(self) -> str:
        """The code for the first account."""
        return self.said[0].rsplit(" ", 1)[1]

    @property
    def accounts(self) -> Accounts:
        """The accounts, as another process sees them."""
        return Accounts(open_accounts(self.home))

    def add(self, name: str, role: Role, password: str = PASSWORD) -> None:
        """Make an account, as another process does."""
        self.accounts.add(name, role, hashed(password, CHEAP))

    def somebody(self, name: str = "", password: str = PASSWORD, **headers: str) -> Browser:
        """A browser, whose person has signed in if there is a name."""
        browser = Browser(self.url, headers)
        if name:
            assert browser.sign_in(name, password).status_code == 303
        return browser


class Browser:
    """Keeps its cookies, and sends forms as they were shown to it."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        # Without certificates, which take longer to load than a test and are not needed here.
        self.client = httpx.Client(base_url=url, headers={"Accept-Language": "en", **headers}, timeout=20, verify=False)
        self.get, self.post = self.client.get, self.client.post

    def visit(self, path: str = "/", **headers: str) -> httpx.Response:
        """Open a page."""
        return self.client.get(path, headers={"Accept": "text/html", **headers})

    def token(self, path: str) -> str:
        """What the forms of a page carry."""
        found = re.search(r'name="token" value="(\w+)"', self.visit(path).text)
        return found[1] if found else ""

    def send(self, path: str, *, shown: str = "", **fields: str) -> httpx.Response:
        """Fill in the form on a page and send it."""
        data = {"token": self.token(shown or path), **fields}
        return self.client.post(path, data=data, headers={"Origin": str(self.client.base_url).rstrip("/")})

    def sign_in(self, name: str, password: str, onward: str = "/") -> httpx.Response:
        """Sign in."""
        return self.send("/sign-in", name=name, password=password, next=onward)

    def change(self, what: str, **fields: str) -> httpx.Response:
        """Send a form of the page of the accounts."""
        return self.send(f"/accounts/{what}", shown="/accounts", **fields)

    def who(self) -> Any:
        """As whom the application knows the person."""
        return self.get("/who").json()


def alert(response: httpx.Response) -> str:
    """What the page says went wrong."""
    found = re.search(r'role="alert">(.*?)</p>', response.text)
    return html.unescape(found[1]) if found else ""


@contextmanager
def at_work(app: FastAPI, listener: socket.socket | None = None) -> Iterator[str]:
    """The address of an application, served for as long as the block lasts."""
    listener = listener or socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


@contextmanager
def house(home: Path, sign_in: SignIn = LOCAL) -> Iterator[House]:
    """The application behind its sign-in."""
    app, said = _application(), list[str]()
    add_sign_in(app, sign_in, home, said.append)
    app.add_middleware(Sessions)
    app.add_middleware(Guard, host="127.0.0.1")
    with at_work(app) as url:
        yield House(url=url, home=home, said=said)


def _application() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/")
    def page() -> HTMLResponse:
        return HTMLResponse("<h1>The application</h1>")

    @app.get("/who")
    def who(request: Request) -> list[str]:
        visitor = visitor_of(request.scope)
        return [visitor.owner, visitor.role]

    @app.post("/work")
    def work() -> str:
        return "done"

    @app.get("/api/health")
    def health() -> str:
        return "well"

    @app.post("/api/command")
    def command() -> PlainTextResponse:
        return PlainTextResponse("no token", 403)

    @app.get("/stream")
    def stream() -> StreamingResponse:
        async def pieces() -> AsyncIterator[str]:
            while True:
                yield "piece\n"
                await asyncio.sleep(0.05)

        return StreamingResponse(pieces())

    return app
