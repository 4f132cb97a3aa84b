"""Checks what a provider says about a person."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

import jwt

ALGORITHMS = {"RSA": "RS256", "EC": "ES256"}
"""By the kind of a key; what the token itself names decides nothing."""
LEEWAY_S = 60
_NEEDED = ("iss", "sub", "aud", "exp", "iat", "nonce")


class InvalidToken(Exception):
    """The token is not what the provider would say to us about this sign-in."""


class UnknownKey(InvalidToken):
    """It is signed with a key that is not among those known."""


def checked(token: str, keys: jwt.PyJWKSet, *, issuer: str, client_id: str, nonce: str) -> Mapping[str, Any]:
    """The claims of an ID token. Raises InvalidToken unless all of it is right."""
    try:
        key = _key(keys, jwt.get_unverified_header(token))
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[ALGORITHMS[str(key.key_type)]],
            issuer=issuer,
            audience=client_id,
            leeway=LEEWAY_S,
            options={"require": list(_NEEDED)},
        )
    except jwt.PyJWTError as error:
        raise InvalidToken(f"{type(error).__name__}: {error}") from error
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise InvalidToken("The nonce is another sign-in's.")
    if (isinstance(claims["aud"], list) and len(claims["aud"]) > 1) or "azp" in claims:
        _must_be_for(client_id, claims)
    return claims


def _must_be_for(client_id: str, claims: Mapping[str, Any]) -> None:
    if claims.get("azp") != client_id:
        raise InvalidToken("It was made for another application.")


def _key(keys: jwt.PyJWKSet, header: Mapping[str, Any]) -> jwt.PyJWK:
    """The key that a token names; one that names none is signed with the only one there is."""
    signing = [key for key in keys.keys if key.public_key_use in (None, "sig") and key.key_type in ALGORITHMS]
    named = [key for key in signing if key.key_id == header.get("kid")] if "kid" in header else signing
    if len(named) != 1:
        raise UnknownKey("It does not name one of the provider's keys.")
    return named[0]
