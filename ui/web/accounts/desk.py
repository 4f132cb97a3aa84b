"""The pages of the accounts, for those who are signed in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from configs.errors import AppError
from ui.web.accounts.accounts_page import AccountsView, accounts_page, audit_page
from ui.web.accounts.asking import give_ticket, posted, take_ticket
from ui.web.accounts.doors import refused
from ui.web.accounts.errors import AccountError
from ui.web.accounts.look import answer, look_of
from ui.web.accounts.pages import refused_page
from ui.web.accounts.passwords import check
from ui.web.accounts.reception import Reception
from ui.web.accounts.store import name_of, role_of
from ui.web.accounts.tickets import Holder
from ui.web.visitor import NotAllowed, visitor_of

Deed = Callable[[Request, Holder, Mapping[str, str]], Awaitable[Response]]
_DONE = ("added", "role", "password", "removed")
_NEWEST = 200


class Desk:
    """Everybody changes their own password and signs out everywhere; an admin sees to all accounts."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        deeds = {"everywhere": self._everywhere, "role": self._role, "remove": self._remove}
        if reception.sign_in.kind == "local":
            deeds |= {"own": self._own, "add": self._add, "password": self._password}
        self.routes = [
            Route("/accounts", self._shown, methods=["GET"]),
            Route("/accounts/audit", self._audit, methods=["GET"]),
            *(Route(f"/accounts/{name}", self._doing(deed), methods=["POST"]) for name, deed in deeds.items()),
        ]

    async def _shown(self, request: Request) -> Response:
        done = request.query_params.get("done", "")
        told = look_of(request).words(f"accounts.done_{done}") if done in _DONE else ""
        return answer(self._page(request, done=told))

    async def _audit(self, request: Request) -> Response:
        try:
            visitor_of(request.scope).must("admin")
        except NotAllowed as error:
            return _not_allowed(request, error)
        entries = await asyncio.to_thread(self._reception.audit.newest, _NEWEST)
        return answer(audit_page(look_of(request), _holder(request), entries))

    def _doing(self, deed: Deed) -> Callable[[Request], Awaitable[Response]]:
        async def doing(request: Request) -> Response:
            try:
                return await deed(request, _holder(request), await posted(request))
            except AccountError as error:
                return refused(error, self._page(request, error=error))
            except NotAllowed as error:
                return _not_allowed(request, error)

        return doing

    async def _own(self, request: Request, me: Holder, fields: Mapping[str, str]) -> Response:
        reception, new = self._reception, fields.get("new", "")
        try:
            await reception.identified(request, me.name, fields.get("password", ""))
        except AccountError as error:
            raise AccountError("current_wrong", status=403) if error.key == "wrong" else error from None
        check(new, me.name)
        kept = await reception.hashing.hashed(new)
        await asyncio.to_thread(reception.accounts.set_password, me.name, kept)
        await reception.note(request, me.name, "password_changed", me.name)
        ticket = await asyncio.to_thread(lambda: reception.tickets.issue(me.name, password=kept))
        response = RedirectResponse("/accounts?done=password", 303)
        give_ticket(request, response, ticket, reception.tickets.seconds)
        return response

    async def _everywhere(self, request: Request, me: Holder, _: Mapping[str, str]) -> Response:
        await asyncio.to_thread(self._reception.tickets.end_all, me.name)
        await self._reception.note(request, me.name, "signed_out_everywhere")
        response = RedirectResponse("/sign-in?out=1", 303)
        take_ticket(request, response)
        return response

    async def _add(self, request: Request, me: Holder, fields: Mapping[str, str]) -> Response:
        visitor_of(request.scope).must("admin")
        name, role, password = name_of(fields.get("name", "")), role_of(fields.get("role", "")), fields.get("new", "")
        check(password, name)
        kept = await self._reception.hashing.hashed(password)
        await asyncio.to_thread(self._reception.accounts.add, name, role, kept)
        await self._reception.note(request, me.name, "added", f"{name} {role}")
        return _done("added")

    async def _role(self, request: Request, me: Holder, fields: Mapping[str, str]) -> Response:
        visitor_of(request.scope).must("admin")
        name, role = name_of(fields.get("name", "")), role_of(fields.get("role", ""))
        await asyncio.to_thread(self._reception.accounts.set_role, name, role)
        await self._reception.note(request, me.name, "role_changed", f"{name} {role}")
        return _done("role")

    async def _password(self, request: Request, me: Holder, fields: Mapping[str, str]) -> Response:
        visitor_of(request.scope).must("admin")
        name, password = name_of(fields.get("name", "")), fields.get("new", "")
        check(password, name)
        kept = await self._reception.hashing.hashed(password)
        await asyncio.to_thread(self._reception.accounts.set_password, name, kept)
        await self._reception.note(request, me.name, "password_changed", name)
        return _done("password")

    async def _remove(self, request: Request, me: Holder, fields: Mapping[str, str]) -> Response:
        visitor_of(request.scope).must("admin")
        name = name_of(fields.get("name", ""))
        await asyncio.to_thread(self._reception.accounts.remove, name)
        await self._reception.note(request, me.name, "removed", name)
        return _done("removed")

    def _page(self, request: Request, *, error: AccountError | None = None, done: str = "") -> str:
        me, local = _holder(request), self._reception.sign_in.kind == "local"
        people = self._reception.accounts.all() if me.role == "admin" else ()
        view = AccountsView(me=me, has_passwords=local, people=people, error=error, done=done)
        return accounts_page(look_of(request), view)


def _holder(request: Request) -> Holder:
    visitor = visitor_of(request.scope)
    return Holder(visitor.owner, visitor.role)


def _done(what: str) -> Response:
    return RedirectResponse(f"/accounts?done={what}", 303)


def _not_allowed(request: Request, error: AppError) -> Response:
    look = look_of(request)
    sentence, _ = look.words.error(error)
    return answer(refused_page(look, sentence), 403)
