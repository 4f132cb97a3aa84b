"""What a request gets that cannot be served: the error as data, and as the notice a person reads."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from configs.errors import AppError
from ui.web.downloads import PRIVATE
from ui.web.listing import notice
from ui.web.visitor import NotAllowed, visitor_of


def serve_refusals(server: FastAPI) -> None:
    """Every AppError of a route becomes `{"error": {type, message, hint}, "html"}`: 403 for NotAllowed, else 400."""

    async def refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, AppError)
        told = {"error": error.as_dict(), "html": notice(error, visitor_of(request.scope).words)}
        return JSONResponse(told, 403 if isinstance(error, NotAllowed) else 400, headers=PRIVATE)

    server.add_exception_handler(AppError, refuse)
