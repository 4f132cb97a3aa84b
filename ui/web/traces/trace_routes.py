"""The traces of a person's own conversations, over HTTP; it takes nothing but to own them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from agents.app import App
from agents.log.usage import bill
from agents.ports import ConversationInfo
from ui.web.downloads import PRIVATE, attachment, not_found
from ui.web.traces.details import details
from ui.web.traces.overview import chooser, nothing, totals
from ui.web.traces.timeline import timeline
from ui.web.traces.turn import Turn, owned, read_turn
from ui.web.visitor import Visitor, visitor_of

_MOST_LISTED = 200


def serve_traces(server: FastAPI, app: Callable[[], App]) -> None:
    """`GET /traces` draws a turn, `/traces/ID/NUMBER` saves it, `/traces/ID/NUMBER/SPAN` opens a bar of it.

    With `seen` the first answers 204 as long as nothing has happened since that event.
    """

    @server.get("/traces")
    def shown(request: Request, conversation: str = "", run: int = 0, seen: int = -1) -> Response:
        visitor, application = visitor_of(request.scope), app()
        listed = application.store.list(owner=visitor.owner)
        if not conversation and not listed:
            return JSONResponse({"chooser": nothing(visitor.words), "timeline": "", "totals": ""}, headers=PRIVATE)
        wanted = conversation or listed[0].id
        if seen >= 0 and seen == application.store.last(owned(application, wanted, visitor.owner).id):
            return Response(status_code=204, headers=PRIVATE)
        return _drawn(read_turn(application, wanted, visitor.owner, run), listed, visitor)

    @server.get("/traces/{conversation}/{run}")
    def saved(request: Request, conversation: str, run: int) -> Response:
        turn = read_turn(app(), conversation, visitor_of(request.scope).owner, run)
        content = json.dumps(_as_dict(turn), ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace")
        return attachment(f"{conversation}-{turn.number}.json", iter([content]))

    @server.get("/traces/{conversation}/{run}/{span}")
    def opened(request: Request, conversation: str, run: int, span: str) -> Response:
        visitor = visitor_of(request.scope)
        turn = read_turn(app(), conversation, visitor.owner, run)
        found = next((each for each in turn.spans if each.span_id == span), None)
        if found is None:
            return not_found()
        told = details(found, visitor.words, begin=turn.asked.started.at, live=turn.live)
        return JSONResponse({"html": told}, headers=PRIVATE)


def _drawn(turn: Turn, listed: Sequence[ConversationInfo], visitor: Visitor) -> Response:
    infos = list(listed[:_MOST_LISTED])
    if turn.info not in infos:
        infos.append(turn.info)
    told = {
        "conversation": turn.info.id,
        "run": turn.number,
        "seen": turn.seen,
        "live": turn.live,
        "chooser": chooser(infos, turn, visitor.words),
        "timeline": timeline(turn.spans, visitor.words, live=turn.live),
        "totals": totals(turn.asked, visitor.words),
    }
    return JSONResponse(told, headers=PRIVATE)


def _as_dict(turn: Turn) -> dict[str, object]:
    return {
        "info": asdict(turn.info),
        "number": turn.number,
        "question": turn.asked.started.question,
        "answer": turn.asked.answer,
        "usage": bill(turn.asked.events).as_dict(),
        "spans": [span.as_dict() for span in turn.spans],
    }
