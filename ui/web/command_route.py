"""The private interface through which other processes of this user read a data directory that the app owns."""

from __future__ import annotations

import hmac
import logging
from typing import Any

from fastapi import Body, FastAPI, Header
from fastapi.responses import JSONResponse

from agents.app import App
from configs.errors import AppError
from ui.actions import READING
from ui.remote import PATH

log = logging.getLogger(__name__)


def serve_actions(server: FastAPI, app: App, token: str) -> None:
    """Answer reading actions of whoever can read the token from the data directory."""

    @server.post(PATH)
    def command(
        action: str = Body(), parameters: dict[str, Any] = Body(), authorization: str = Header("")
    ) -> JSONResponse:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()) or action not in READING:
            return JSONResponse({"error": {"type": "AppError", "message": "Not allowed.", "hint": ""}}, 403)
        try:
            return JSONResponse(READING[action](app, **parameters))
        except AppError as error:
            return JSONResponse({"error": error.as_dict()}, 400)
        except Exception as error:
            log.exception("The action %s broke", action)
            broke = AppError(f"The running app failed ({type(error).__name__}: {error}).", hint="Its log says where.")
            return JSONResponse({"error": broke.as_dict()}, 500)
