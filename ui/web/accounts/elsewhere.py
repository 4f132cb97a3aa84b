"""The doors of people who sign in at another place, by OpenID Connect."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import logging
from dataclasses import asdict
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ui.web.accounts.asking import cookie_name, is_secure, local_path, place_of, ticket_of
from ui.web.accounts.doors import let_in, refused
from ui.web.accounts.errors import AccountError, TooMany
from ui.web.accounts.id_token import InvalidToken
from ui.web.accounts.identity import identity
from ui.web.accounts.look import answer, look_of, onward
from ui.web.accounts.pages import elsewhere_page
from ui.web.accounts.provider import Flow, Provider, ProviderDown
from ui.web.accounts.rate import Rate
from ui.web.accounts.reception import Reception
from ui.web.accounts.sign_in import Oidc

log = logging.getLogger(__name__)

_LASTS_S = 600


class Elsewhere:
    """Sends people to the provider and takes them back; what is under way is kept by their browser alone."""

    def __init__(self, reception: Reception, oidc: Oidc) -> None:
        self._reception, self._oidc, self._provider = reception, oidc, Provider(oidc)
        self._place = urlsplit(oidc.issuer).netloc
        self._visits = Rate(burst=60, per_s=2)
        self.routes = [
            Route("/sign-in", self._shown, methods=["GET"]),
            Route("/oidc/start", self._start, methods=["GET"]),
            Route("/oidc/callback", self._back, methods=["GET"]),
        ]

    async def _shown(self, request: Request) -> Response:
        path = local_path(request.query_params.get("next", "/"))
        if self._reception.tickets.holder(ticket_of(request)):
            return RedirectResponse(path, 303)
        done = look_of(request).words("accounts.done_out") if "out" in request.query_params else ""
        return answer(self._page(request, path, done=done))

    async def _start(self, request: Request) -> Response:
        path, flow = local_path(request.query_params.get("next", "/")), Flow()
        try:
            self._count(request)
            address = await self._provider.address(flow, _back_here(request))
        except (AccountError, ProviderDown) as error:
            return self._refused(request, path, error)
        response = RedirectResponse(address, 303)
        response.set_cookie(
            cookie_name(request, "oidc"),
            _packed(flow, path),
            max_age=_LASTS_S,
            path="/oidc",
            secure=is_secure(request),
            httponly=True,
            samesite="lax",
        )
        return response

    async def _back(self, request: Request) -> Response:
        path = "/"
        try:
            self._count(request)
            flow, path = _unpacked(request)
            response = await self._signed_in(request, flow, path)
        except (AccountError, ProviderDown, InvalidToken) as error:
            if not isinstance(error, TooMany):
                await self._reception.note(request, "", "failed", type(error).__name__)
            response = self._refused(request, path, error)
        response.delete_cookie(cookie_name(request, "oidc"), path="/oidc", httponly=True, samesite="lax")
        return response

    async def _signed_in(self, request: Request, flow: Flow, path: str) -> Response:
        if "code" not in request.query_params:
            raise AccountError("oidc_refused", place=self._place, status=403)
        said = await self._provider.claims(request.query_params["code"], flow, _back_here(request))
        who, accounts = identity(said, self._oidc), self._reception.accounts
        try:
            account = await asyncio.to_thread(
                accounts.of_subject, who.subject, who.name, who.role, self._oidc.default_role
            )
        except AccountError as error:
            if error.key != "name_taken":
                raise
            raise AccountError("oidc_name_taken", name=who.name, status=403) from None
        return await let_in(self._reception, request, onward(look_of(request), path), account.name, "")

    def _count(self, request: Request) -> None:
        wait = self._visits.wait(place_of(request))
        if wait:
            raise TooMany(wait)

    def _refused(self, request: Request, path: str, error: Exception) -> Response:
        log.info("A sign-in at %s failed: %s", self._place, error)
        if isinstance(error, ProviderDown):
            told = AccountError("oidc_down", place=self._place, status=502)
        elif isinstance(error, AccountError):
            told = error
        else:
            told = AccountError("oidc_invalid", place=self._place, status=403)
        return refused(told, self._page(request, path, error=told))

    def _page(self, request: Request, path: str, *, error: AccountError | None = None, done: str = "") -> str:
        address = f"/oidc/start?{urlencode({'next': path})}"
        return elsewhere_page(look_of(request), address=address, issuer=self._place, error=error, done=done)


def _back_here(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', '')}/oidc/callback"


def _packed(flow: Flow, path: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([asdict(flow), path]).encode()).decode()


def _unpacked(request: Request) -> tuple[Flow, str]:
    """What the browser kept, if it is what the provider sent it back for. Raises AccountError otherwise."""
    try:
        kept, path = json.loads(base64.urlsafe_b64decode(request.cookies.get(cookie_name(request, "oidc"), "")))
        flow = Flow(**{name: str(kept[name]) for name in ("state", "nonce", "verifier")})
    except (ValueError, KeyError, TypeError):
        raise AccountError("oidc_state", status=403) from None
    if not hmac.compare_digest(flow.state.encode(), request.query_params.get("state", "").encode()):
        raise AccountError("oidc_state", status=403)
    return flow, local_path(str(path))
