"""The conversations that are kept, over HTTP: found, named, saved and removed; everyone reaches their own only."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Literal

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from agents.errors import ConversationError
from agents.log.exporting import as_json, as_markdown
from ui.web.backend import Choices
from ui.web.chat.bodies import Title
from ui.web.chat.conversation_list import conversation_list
from ui.web.chat.room import Room
from ui.web.chat.rooms import Rooms
from ui.web.downloads import PRIVATE, attachment
from ui.web.visitor import visitor_of

Form = Literal["markdown", "json"]


def serve_keeping(server: FastAPI, rooms: Rooms, choices: Callable[[], Choices]) -> None:
    """`GET /conversations?containing=TEXT` → `{"html"}`, `GET /choices`, and below `/conversations/ID/` the rest."""

    @server.get("/choices")
    def offered() -> Response:
        return _json(**{name: list(values) for name, values in vars(choices()).items()})

    @server.get("/conversations")
    def listed(request: Request, containing: str = "") -> Response:
        visitor = visitor_of(request.scope)
        return _json(html=conversation_list(rooms.listed(visitor.owner, containing.strip()), visitor.words))

    @server.post("/conversations/{conversation}/rename")
    def rename(request: Request, conversation: str, body: Title) -> Response:
        rooms.rename(conversation, _owner(request), body.title)
        return _json(conversation=conversation)

    @server.post("/conversations/{conversation}/delete")
    def delete(request: Request, conversation: str) -> Response:
        rooms.delete(conversation, _owner(request))
        return _json(conversation=conversation)

    @server.post("/conversations/{conversation}/restore")
    def restore(request: Request, conversation: str) -> Response:
        rooms.restore(conversation, _owner(request))
        return _json(conversation=conversation)

    @server.get("/conversations/{conversation}/export")
    def export(request: Request, conversation: str, form: Form = "markdown") -> Response:
        name, text = _exported(rooms.enter(conversation, _owner(request)), form)
        return attachment(name, iter([text.encode("utf-8", "replace")]))


def _exported(room: Room, form: Form) -> tuple[str, str]:
    if room.chat is None:
        raise ConversationError("Nothing was said in this conversation yet.", hint="Wait for the answer.")
    info, events = room.chat.info, room.chat.events()
    if form == "markdown":
        return f"{info.title or 'conversation'}.md", as_markdown(info, events)
    return f"{info.title or 'conversation'}.json", json.dumps(as_json(info, events), ensure_ascii=False, indent=1)


def _owner(request: Request) -> str:
    return visitor_of(request.scope).owner


def _json(**values: object) -> Response:
    return JSONResponse(values, headers=PRIVATE)
