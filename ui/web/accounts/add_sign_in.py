"""Puts the sign-in before an application."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI

from ui.web.accounts.desk import Desk
from ui.web.accounts.doors import Doors, sign_out_route
from ui.web.accounts.elsewhere import Elsewhere
from ui.web.accounts.rate import Rate
from ui.web.accounts.reception import open_reception
from ui.web.accounts.sign_in import SignIn
from ui.web.accounts.signed_in import SignedIn
from ui.web.words import words_in

_BURST, _PER_S = 60, 5


def add_sign_in(server: FastAPI, sign_in: SignIn, home: Path, announce: Callable[[str], None]) -> None:
    """Let nobody in without signing in; where nobody has to, nothing happens.

    To be called before the middleware that stands outside it is added: `Sessions`, then `Guard`. `announce` gets the
    sentence with the code for the first account, while there is none. The accounts' pages are answered before anything
    of the server is asked, so its other routes may come before or after.
    """
    if sign_in.kind == "none":
        return
    reception = open_reception(sign_in, home)
    if sign_in.oidc is not None and sign_in.kind == "oidc":
        doors = Elsewhere(reception, sign_in.oidc).routes
    else:
        doors = Doors(reception).routes
        if not reception.accounts.has_admin():
            announce(words_in("en")("accounts.announce", code=reception.code))
    server.add_middleware(
        SignedIn,
        tickets=reception.tickets,
        doors=[*doors, sign_out_route(reception)],
        desk=Desk(reception).routes,
        work=Rate(burst=_BURST, per_s=_PER_S),
    )
