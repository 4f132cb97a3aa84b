"""What all pages around sign-in share."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request

from ui.web.accounts.asking import address_of, place_of
from ui.web.accounts.attempts import Attempts
from ui.web.accounts.audit import Audit, Deed
from ui.web.accounts.errors import AccountError, TooMany
from ui.web.accounts.passwords import Hashing
from ui.web.accounts.sign_in import SignIn
from ui.web.accounts.store import Accounts, name_of, open_accounts
from ui.web.accounts.tickets import Tickets

_FREE_PER_NAME, _FREE_PER_PLACE = 5, 20
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, kw_only=True)
class Reception:
    """The books, the watchmen, and the code that whoever makes the first account must know."""

    sign_in: SignIn
    accounts: Accounts
    tickets: Tickets
    audit: Audit
    hashing: Hashing
    names: Attempts
    places: Attempts
    code: str

    async def identified(self, request: Request, name: str, password: str) -> str:
        """What is kept of a password that is right. Raises AccountError for a wrong one, and for too many tries.

        An unknown name costs as much time as a known one. It is not noted, because it may be a password.
        """
        self.admit(request, name)
        kept = await asyncio.to_thread(self.accounts.password, name)
        if not await self.hashing.matches(password, kept):
            await self.note(request, name if kept else "", "failed")
            raise AccountError("wrong", status=403)
        self.settle(request, name)
        return kept

    def admit(self, request: Request, name: str | None = None) -> None:
        """Count a try. Raises TooMany when there were too many from this place, or with this name."""
        wait = self.places.wait(place_of(request))
        if not wait and name is not None:
            wait = self.names.wait(name)
        if wait:
            raise TooMany(wait)

    def settle(self, request: Request, name: str | None = None) -> None:
        """The try was right."""
        self.places.forgive(place_of(request))
        if name is not None:
            self.names.forget(name)

    async def note(self, request: Request, who: str, what: Deed, detail: str = "") -> None:
        """Write into the audit what somebody did by a request."""
        await asyncio.to_thread(self.audit.note, who, what, detail, address=address_of(request))


def open_reception(sign_in: SignIn, home: Path) -> Reception:
    """The reception of a data directory."""
    database = open_accounts(home)
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    return Reception(
        sign_in=sign_in,
        accounts=Accounts(database),
        tickets=Tickets(database, hours=sign_in.session_hours),
        audit=Audit(home),
        hashing=Hashing(sign_in.cost),
        names=Attempts(free=_FREE_PER_NAME),
        places=Attempts(free=_FREE_PER_PLACE),
        code="-".join(groups),
    )


def typed_name(text: str) -> str:
    """The name that somebody typed at the door; what is none is nobody's."""
    try:
        return name_of(text)
    except AccountError:
        return ""
