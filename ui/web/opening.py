"""Puts a script before everything else on the page: Gradio's own words and colours, too, follow what was chosen."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEAD = b"<head>"


class Opening:
    """Begins the head of the page at `/` with a script; everything else passes as it is."""

    def __init__(self, app: ASGIApp, *, script: str) -> None:
        self._app = app
        self._head = _HEAD + f"<script>{script}</script>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or (scope["method"], scope["path"]) != ("GET", "/"):
            await self._app(scope, receive, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self._app({**scope, "headers": plain}, receive, self._beginning(send))

    def _beginning(self, send: Send) -> Send:
        """Holds the answer back until it is whole: its length changes."""
        start: list[Message] = []
        body = bytearray()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.append(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            whole = bytes(body).replace(_HEAD, self._head, 1)
            MutableHeaders(scope=start[0])["content-length"] = str(len(whole))
            await send(start[0])
            await send({"type": "http.response.body", "body": whole})

        return sending
