"""Passwords: what one must be, and how it is kept so that a copy of the file does not give it away."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ui.web.accounts.errors import AccountError

SHORTEST, LONGEST = 10, 1000
_AT_ONCE = 2
_NOBODY = base64.b64encode(bytes(32)).decode()


@dataclass(frozen=True, kw_only=True)
class Cost:
    """How dear one guess is: scrypt's numbers; a hash takes `128 * n * r` bytes of memory."""

    n: int = 2**15
    r: int = 8
    p: int = 3


def check(password: str, name: str) -> None:
    """Raises AccountError for a password that is too short, too long, or the name."""
    plain = _plain(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise AccountError("password_length", shortest=SHORTEST, longest=LONGEST)
    if plain.casefold() == name.casefold():
        raise AccountError("password_is_name")


def hashed(password: str, cost: Cost) -> str:
    """What is kept of a password: scrypt's numbers, the salt and the hash."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, cost)
    parts = (base64.b64encode(part).decode() for part in (salt, digest))
    return "$".join(("scrypt", str(cost.n), str(cost.r), str(cost.p), *parts))


def matches(password: str, kept: str, cost: Cost) -> bool:
    """Whether it is the password of which `kept` was kept; takes as long when there is none."""
    known = kept or f"scrypt${cost.n}${cost.r}${cost.p}${_NOBODY}${_NOBODY}"
    _, n, r, p, salt, digest = known.split("$")
    computed = _scrypt(password, base64.b64decode(salt), Cost(n=int(n), r=int(r), p=int(p)))
    return hmac.compare_digest(computed, base64.b64decode(digest)) and bool(kept)


class Hashing:
    """Hashes beside the event loop, a few at once, so that a crowd at the door costs neither memory nor answers."""

    def __init__(self, cost: Cost) -> None:
        self._cost = cost
        self._threads = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="hash")

    async def hashed(self, password: str) -> str:
        """See `hashed`."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, hashed, password, self._cost)

    async def matches(self, password: str, kept: str) -> bool:
        """See `matches`."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, matches, password, kept, self._cost)


def _scrypt(password: str, salt: bytes, cost: Cost) -> bytes:
    text = _plain(password).encode("utf-8", "surrogatepass")
    room = 2 * 128 * cost.n * cost.r + 2**20
    return hashlib.scrypt(text, salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=room, dklen=32)


def _plain(password: str) -> str:
    """One spelling for what keyboards and input methods write in several."""
    return unicodedata.normalize("NFKC", password[: LONGEST + 1])
