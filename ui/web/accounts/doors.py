"""The pages that whoever is not signed in may see: sign-in, sign-out, and the making of the first account."""

from __future__ import annotations

import asyncio
import hmac

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ui.web.accounts.asking import give_ticket, local_path, posted, take_ticket, ticket_of
from ui.web.accounts.errors import AccountError, TooMany
from ui.web.accounts.look import answer, look_of
from ui.web.accounts.pages import set_up_page, sign_in_page
from ui.web.accounts.passwords import check
from ui.web.accounts.reception import Reception, typed_name
from ui.web.accounts.store import name_of


class Doors:
    """Serves the forms of people who have accounts here."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self.routes = [
            Route("/sign-in", self._shown, methods=["GET"]),
            Route("/sign-in", self._sign_in, methods=["POST"]),
            Route("/set-up", self._set_up_shown, methods=["GET"]),
            Route("/set-up", self._set_up, methods=["POST"]),
        ]

    async def _shown(self, request: Request) -> Response:
        onward = local_path(request.query_params.get("next", "/"))
        if self._reception.tickets.holder(ticket_of(request)):
            return RedirectResponse(onward, 303)
        if not self._reception.accounts.has_admin():
            return RedirectResponse("/set-up", 303)
        look = look_of(request)
        done = look.words("accounts.done_out") if "out" in request.query_params else ""
        return answer(sign_in_page(look, onward=onward, done=done))

    async def _sign_in(self, request: Request) -> Response:
        name, onward = "", "/"
        try:
            fields = await posted(request)
            name, onward = typed_name(fields.get("name", "")), local_path(fields.get("next", "/"))
            kept = await self._reception.identified(request, name, fields.get("password", ""))
            return await self._let_in(request, name, kept, onward)
        except AccountError as error:
            return refused(error, sign_in_page(look_of(request), onward=onward, name=name, error=error))

    async def _set_up_shown(self, request: Request) -> Response:
        if self._reception.accounts.has_admin():
            return RedirectResponse("/sign-in", 303)
        return answer(set_up_page(look_of(request)))

    async def _set_up(self, request: Request) -> Response:
        typed = ""
        try:
            fields = await posted(request)
            typed = fields.get("name", "")[:64]
            name, password = await self._first(request, fields.get("code", ""), typed, fields.get("new", ""))
            return await self._let_in(request, name, password, "/")
        except AccountError as error:
            return refused(error, set_up_page(look_of(request), name=typed, error=error))

    async def _first(self, request: Request, code: str, typed: str, password: str) -> tuple[str, str]:
        """The name and the kept password of the first admin."""
        reception = self._reception
        reception.admit(request)
        if not hmac.compare_digest(code.strip().upper().encode(), reception.code.encode()):
            raise AccountError("code_wrong", status=403)
        reception.settle(request)
        name = name_of(typed)
        check(password, name)
        kept = await reception.hashing.hashed(password)
        await asyncio.to_thread(reception.accounts.add_first, name, kept)
        await reception.note(request, name, "added", f"{name} admin")
        return name, kept

    async def _let_in(self, request: Request, name: str, kept: str, onward: str) -> Response:
        response: Response = RedirectResponse(onward, 303)
        return await let_in(self._reception, request, response, name, kept)


async def let_in(reception: Reception, request: Request, response: Response, name: str, kept: str) -> Response:
    """The response, with a new ticket for somebody instead of the one before."""
    ticket = await asyncio.to_thread(lambda: reception.tickets.issue(name, password=kept))
    await asyncio.to_thread(reception.tickets.end, ticket_of(request))
    await reception.note(request, name, "signed_in")
    give_ticket(request, response, ticket, reception.tickets.seconds)
    return response


def sign_out_route(reception: Reception) -> Route:
    """`POST /sign-out` ends the ticket of a browser, good or not."""

    async def sign_out(request: Request) -> Response:
        try:
            await posted(request)
        except AccountError:
            return RedirectResponse("/accounts", 303)
        holder = reception.tickets.holder(ticket_of(request))
        if holder is not None:
            await asyncio.to_thread(reception.tickets.end, ticket_of(request))
            await reception.note(request, holder.name, "signed_out")
        response = RedirectResponse("/sign-in?out=1", 303)
        take_ticket(request, response)
        return response

    return Route("/sign-out", sign_out, methods=["POST"])


def refused(error: AccountError, html: str) -> Response:
    """A page that tells why not, and when to come back."""
    response = answer(html, error.status)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.wait_s)
    return response
