"""The private interface through which other processes of this user read a data directory that the app owns."""

from __future__ import annotations

import hmac
import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from agents.app import App
from configs.errors import AppError
from ui.actions import READING
from ui.remote import PATH

log = logging.getLogger(__name__)


def serve_actions(server: FastAPI, app: App, token: str) -> None:
    """Answer reading actions of whoever can read the token from the data directory; nobody else's body is read."""

    @server.post(PATH)
    async def command(request: Request) -> JSONResponse:
        sent = request.headers.get("authorization", "")
        if not hmac.compare_digest(sent.encode(), f"Bearer {token}".encode()):
            return _refused()
        asked = await request.json()
        action, parameters = asked.get("action"), asked.get("parameters")
        if action not in READING or not isinstance(parameters, dict):
            return _refused()
        return await run_in_threadpool(_answered, app, action, parameters)


def _answered(app: App, action: str, parameters: dict[str, Any]) -> JSONResponse:
    try:
        return JSONResponse(READING[action](app, **parameters))
    except AppError as error:
        return JSONResponse({"error": error.as_dict()}, 400)
    except Exception as error:
        log.exception("The action %s broke", action)
        broke = AppError(f"The running app failed ({type(error).__name__}: {error}).", hint="Its log says where.")
        return JSONResponse({"error": broke.as_dict()}, 500)


def _refused() -> JSONResponse:
    return JSONResponse({"error": {"type": "AppError", "message": "Not allowed.", "hint": ""}}, 403)
