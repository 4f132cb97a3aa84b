"""Asks an OpenID Connect provider: where to send people, and whom it has seen."""

from __future__ import annotations

import base64
import functools
import hashlib
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import jwt

from ui.web.accounts.id_token import InvalidToken, UnknownKey, checked
from ui.web.accounts.sign_in import Oidc

_TIMEOUT_S = 10
_KNOWN_FOR_S = 3600
_ASK_AGAIN_S = 30


class ProviderDown(Exception):
    """The provider does not answer, or not as the standard has it."""


def _secret() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One sign-in under way, as its browser keeps it: what the provider must say back, and what proves it is ours."""

    state: str = field(default_factory=_secret)
    nonce: str = field(default_factory=_secret)
    verifier: str = field(default_factory=_secret)


class Provider:
    """The provider of the settings; what it publishes about itself is asked once an hour."""

    def __init__(self, oidc: Oidc, clock: Callable[[], float] = time.monotonic) -> None:
        self._oidc, self._clock = oidc, clock
        self._about: Mapping[str, Any] = {}
        self._about_at = self._keys_at = -float("inf")
        self._keys: jwt.PyJWKSet | None = None

    async def address(self, flow: Flow, back: str) -> str:
        """Where to send a person that wants to sign in. Raises ProviderDown."""
        about = await self._describe()
        digest = hashlib.sha256(flow.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._oidc.client_id,
            "redirect_uri": back,
            "scope": "openid email profile",
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        endpoint = str(about["authorization_endpoint"])
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    async def claims(self, code: str, flow: Flow, back: str) -> Mapping[str, Any]:
        """What the provider says about the person with this code. Raises ProviderDown or InvalidToken."""
        about = await self._describe()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": flow.verifier}
        auth = self._show_secret(form, about)
        said = await _asked("POST", str(about["token_endpoint"]), data=form, auth=auth)
        if not isinstance(said.get("id_token"), str):
            raise InvalidToken("There is no ID token in the answer.")
        return await self._checked(said["id_token"], flow.nonce)

    async def _checked(self, token: str, nonce: str) -> Mapping[str, Any]:
        expected = {"issuer": self._oidc.issuer, "client_id": self._oidc.client_id, "nonce": nonce}
        try:
            return checked(token, await self._signing_keys(_KNOWN_FOR_S), **expected)
        except UnknownKey:
            return checked(token, await self._signing_keys(_ASK_AGAIN_S), **expected)

    def _show_secret(self, form: dict[str, str], about: Mapping[str, Any]) -> tuple[str, str] | None:
        client, secret = self._oidc.client_id, self._oidc.client_secret
        ways = about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if secret and "client_secret_basic" in ways:
            return quote(client, safe=""), quote(secret, safe="")
        form |= {"client_id": client} | ({"client_secret": secret} if secret else {})
        return None

    async def _describe(self) -> Mapping[str, Any]:
        if self._clock() - self._about_at > _KNOWN_FOR_S:
            about = await _asked("GET", f"{self._oidc.issuer.rstrip('/')}/.well-known/openid-configuration")
            if about.get("issuer") != self._oidc.issuer:
                raise ProviderDown(f"The provider calls itself {about.get('issuer')!r}.")
            missing = {"authorization_endpoint", "token_endpoint", "jwks_uri"} - about.keys()
            if missing:
                raise ProviderDown(f"The provider does not say its {', '.join(sorted(missing))}.")
            self._about, self._about_at = about, self._clock()
        return self._about

    async def _signing_keys(self, not_older_s: float) -> jwt.PyJWKSet:
        if self._keys is None or self._clock() - self._keys_at > not_older_s:
            said = await _asked("GET", str((await self._describe())["jwks_uri"]))
            try:
                self._keys = jwt.PyJWKSet.from_dict(said)
            except (jwt.PyJWTError, KeyError, TypeError) as error:
                raise ProviderDown(f"The provider's keys cannot be read: {error}") from error
            self._keys_at = self._clock()
        return self._keys


@functools.cache
def _trusted() -> ssl.SSLContext:
    """The certificates, which take longer to load than a provider to answer."""
    return httpx.create_ssl_context()


async def _asked(method: str, address: str, **options: Any) -> dict[str, Any]:
    """The JSON document that an address answers with."""
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT_S, verify=_trusted()) as client:
            response = await client.request(method, address, headers={"Accept": "application/json"}, **options)
        document = response.json() if response.is_success else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ProviderDown(f"{address}: {type(error).__name__}") from error
    if not isinstance(document, dict):
        raise ProviderDown(f"{address} answered {response.status_code}.")
    return document
