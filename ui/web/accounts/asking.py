"""What the door reads in a request: cookies, where it comes from, where it wants to go, and its form."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from ui.web.accounts.errors import AccountError
from ui.web.session import session_of

_MOST_BYTES = 16_384
_LONGER_S = 86_400
"""A browser keeps its ticket a day longer than it is good, so that it can be told that its sign-in has ended."""

_LOCAL = re.compile(r"/(?!/)[^\\\x00-\x20\x7f]*")
_PORT = re.compile(r":(\d{1,5})$")
_DOORS = ("/sign-in", "/sign-out", "/set-up", "/oidc/")


def cookie_name(request: Request, kind: str) -> str:
    """Browsers share cookies among all ports of a host, so the port is part of the name."""
    return f"roundtable_{kind}_{_port(request)}"


def ticket_of(request: Request) -> str:
    """The ticket that the browser shows; empty without one."""
    return request.cookies.get(cookie_name(request, "user"), "")


def give_ticket(request: Request, response: Response, ticket: str, seconds: float) -> None:
    """Let the browser keep a ticket, and forget what it did before, perhaps for somebody else."""
    response.set_cookie(
        cookie_name(request, "user"),
        ticket,
        max_age=int(seconds) + _LONGER_S,
        secure=is_secure(request),
        httponly=True,
        samesite="strict",
    )
    _begin_anew(request, response)


def take_ticket(request: Request, response: Response) -> None:
    """Let the browser forget its ticket, and what it did with it."""
    response.delete_cookie(cookie_name(request, "user"), secure=is_secure(request), httponly=True, samesite="strict")
    _begin_anew(request, response)


def is_secure(request: Request) -> bool:
    """Whether nobody on the way can read the request."""
    return request.url.scheme == "https"


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def place_of(request: Request) -> str:
    """Whom a request is counted for: its address, or the network of which one machine has all addresses."""
    address = address_of(request)
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else address


def local_path(text: str) -> str:
    """A path of ours to go on to, else the page; never another site, and never back to the door."""
    return text if _LOCAL.fullmatch(text) and not urlsplit(text).path.startswith(_DOORS) else "/"


def door(path: str) -> str:
    """The address of the sign-in that leads on to `path`."""
    onward = local_path(path)
    return "/sign-in" if onward == "/" else f"/sign-in?{urlencode({'next': onward})}"


def form_token(request: Request) -> str:
    """What a form of ours carries: nobody who cannot read the browser's cookies can make it."""
    key = f"{session_of(request.scope)} {ticket_of(request)}"
    return hmac.new(key.encode(), b"roundtable form", hashlib.sha256).hexdigest()


async def posted(request: Request) -> Mapping[str, str]:
    """The fields of a form of ours. Raises AccountError for any other."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            raise AccountError("form_large", status=413)
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if not hmac.compare_digest(fields.get("token", "").encode(), form_token(request).encode()):
        raise AccountError("form_old", status=403)
    return fields


def _begin_anew(request: Request, response: Response) -> None:
    response.delete_cookie(f"roundtable_{_port(request)}", httponly=True, samesite="strict")


def _port(request: Request) -> str:
    port = _PORT.search(request.headers.get("host", ""))
    return port[1] if port else "80"
