"""Questions, and what is said to a run under way, over HTTP; everyone reaches their own conversations only."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from ui.web.accounts.asking import address_of
from ui.web.accounts.audit import Audit, Deed
from ui.web.chat.bodies import FirstQuestion, Place, Question, Verdict, Wished
from ui.web.chat.room import Room
from ui.web.chat.rooms import Rooms
from ui.web.downloads import PRIVATE
from ui.web.visitor import visitor_of


def serve_asking(server: FastAPI, rooms: Rooms, audit: Audit) -> None:
    """`POST /conversations` begins one, `POST /conversations/ID/…` goes on with it.

    Each answers `{"conversation": ID}`, which is another one for a question that was edited or is asked again. Who
    decides about code is written down in `audit`.
    """

    @server.post("/conversations")
    def begin(request: Request, body: FirstQuestion) -> Response:
        return _at(rooms.begin(_owner(request), body.wish(), body.question))

    @server.post("/conversations/{conversation}/ask")
    def ask(request: Request, conversation: str, body: Question) -> Response:
        if body.seq:
            return _at(rooms.edit(conversation, _owner(request), body.seq, body.question))
        room = rooms.enter(conversation, _owner(request))
        room.ask(body.question)
        return _at(room)

    @server.post("/conversations/{conversation}/again")
    def again(request: Request, conversation: str, body: Wished) -> Response:
        return _at(rooms.again(conversation, _owner(request), body.wish()))

    @server.post("/conversations/{conversation}/branch")
    def branch(request: Request, conversation: str, body: Place) -> Response:
        return _at(rooms.branch(conversation, _owner(request), body.seq))

    @server.post("/conversations/{conversation}/stop")
    def stop(request: Request, conversation: str) -> Response:
        room = rooms.enter(conversation, _owner(request))
        room.stop()
        return _at(room)

    @server.post("/conversations/{conversation}/decide")
    def decide(request: Request, conversation: str, body: Verdict) -> Response:
        room = rooms.enter(conversation, _owner(request))
        room.decide(body.decision())
        deed: Deed = "code_approved" if body.approved else "code_rejected"
        audit.note(_owner(request), deed, f"sha256 {body.code_sha256}", address=address_of(request))
        return _at(room)


def _owner(request: Request) -> str:
    return visitor_of(request.scope).owner


def _at(room: Room) -> Response:
    return JSONResponse({"conversation": room.id}, headers=PRIVATE)
