"""A small OpenID Connect provider, which on demand says what a bad one would."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.ui.web.accounts.house import at_work
from ui.web.accounts.sign_in import Oidc

CLIENT, SECRET = "roundtable", "a secret: with/odd characters"
RSA, OTHER_RSA = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
EC = ec.generate_private_key(ec.SECP256R1())


@dataclass(kw_only=True)
class Place:
    """The provider: who sits before it, how it signs, and what it says instead of the truth."""

    url: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "1", "preferred_username": "sam"})
    claims: dict[str, Any] = field(default_factory=dict)
    key: Any = RSA
    algorithm: str = "RS256"
    key_name: str | None = "first"
    published: dict[str, Any] = field(default_factory=lambda: {"first": RSA})
    refuses: str = ""
    breaks: str = ""
    asked_for_keys: int = 0
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def oidc(self, **settings: Any) -> Oidc:
        """The settings for it."""
        return Oidc(issuer=self.url, client_id=CLIENT, client_secret=SECRET, **settings)

    def authorize(self, query: dict[str, str]) -> str:
        """Where a person is sent back to."""
        said = {"state": query["state"], "error": self.refuses}
        if not self.refuses:
            code = secrets.token_urlsafe(8)
            self._codes[code] = query
            said = {"state": query["state"], "code": code}
        return f"{query['redirect_uri']}?{urlencode(said)}"

    def redeem(self, form: dict[str, str]) -> dict[str, str] | None:
        """The answer for a code, once, to whom can prove to have asked for it."""
        asked = self._codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        said = {name: value for name, value in {**claims, **self.person, **self.claims}.items() if value is not None}
        token = jwt.encode(
            said, self.key, algorithm=self.algorithm, headers={"kid": self.key_name} if self.key_name else None
        )
        return {"access_token": "x", "token_type": "Bearer", "id_token": token}


@contextmanager
def provider() -> Iterator[Place]:
    """A provider, served for as long as the block lasts."""
    place = Place()
    with at_work(_application(place)) as url:
        place.url = url
        yield place


def _application(place: Place) -> FastAPI:
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    def about() -> Response:
        if place.breaks == "about":
            return JSONResponse(["no", "document"])
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        issuer = "http://127.0.0.1:1" if place.breaks == "issuer" else place.url
        return JSONResponse({"issuer": issuer, **{name: f"{place.url}/{path}" for name, path in names.items()}})

    @app.get("/authorize")
    def authorize(request: Request) -> Response:
        assert request.query_params["client_id"] == CLIENT
        assert request.query_params["code_challenge_method"] == "S256"
        return RedirectResponse(place.authorize(dict(request.query_params)), 303)

    @app.post("/token")
    async def token(request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        expected = f"{CLIENT}:a%20secret%3A%20with%2Fodd%20characters"
        shown = base64.b64decode(request.headers.get("authorization", "Basic ").removeprefix("Basic ")).decode()
        said = place.redeem(form) if shown == expected else None
        if place.breaks == "token" or said is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(said)

    @app.get("/keys")
    def keys() -> Response:
        place.asked_for_keys += 1
        if place.breaks == "keys":
            return Response("<html>")
        public = [{**_public(key), "kid": name, "use": "sig"} for name, key in place.published.items()]
        return JSONResponse({"keys": public})

    return app


def _public(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    if isinstance(key, rsa.RSAPrivateKey):
        return RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
