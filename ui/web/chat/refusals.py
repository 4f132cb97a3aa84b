"""What a request gets that cannot be served: the error as data, and as the notice a person reads."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from configs.errors import AppError
from ui.web.backend import NotReady
from ui.web.downloads import PRIVATE
from ui.web.listing import notice
from ui.web.visitor import NotAllowed, visitor_of


class Unreadable(AppError):
    """A request that the page's script would not send."""


def serve_refusals(server: FastAPI) -> None:
    """Every AppError of a route becomes `{"error": {type, message, hint}, "html"}`.

    403 for NotAllowed, 503 for NotReady, 422 for a body that no script of ours sends, of which nothing is repeated,
    else 400.
    """

    async def refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, AppError)
        status = {NotAllowed: 403, NotReady: 503, Unreadable: 422}.get(type(error), 400)
        told = {"error": error.as_dict(), "html": notice(error, visitor_of(request.scope).words)}
        return JSONResponse(told, status, headers=PRIVATE)

    async def unreadable(request: Request, _: Exception) -> Response:
        return await refuse(request, Unreadable("The request could not be read.", hint="Reload the page."))

    server.add_exception_handler(AppError, refuse)
    server.add_exception_handler(RequestValidationError, unreadable)
