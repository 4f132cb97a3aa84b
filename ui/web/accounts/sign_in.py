"""How people sign in, as the settings have it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from configs.errors import ConfigError
from configs.settings import OidcSettings, UISettings
from ui.web.accounts.passwords import Cost
from ui.web.visitor import Role

Kind = Literal["none", "local", "oidc"]
"""Nobody signs in; everybody with a password that is kept here; everybody at another place, by OpenID Connect."""


@dataclass(frozen=True, kw_only=True)
class Oidc:
    """The place where people sign in.

    Only people with a verified address in `domains` are let in, if there are any. `roles_claim` names the claim of the
    ID token that holds a person's roles; who has none of ours in it, or where no claim is named, begins as
    `default_role`.
    """

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    domains: tuple[str, ...] = ()
    roles_claim: str = ""
    default_role: Role = "reader"

    def __post_init__(self) -> None:
        address = urlsplit(self.issuer)
        if address.scheme != "https" and not (address.scheme == "http" and is_loopback(address.hostname or "")):
            raise ConfigError(f"The issuer {self.issuer!r} of ui.oidc is no https address.")


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """`session_hours` is how long a sign-in lasts; `cost` how dear it is to guess a password."""

    kind: Kind = "none"
    session_hours: float = 24 * 7
    oidc: Oidc | None = None
    cost: Cost = field(default_factory=Cost)

    def __post_init__(self) -> None:
        if self.kind == "oidc" and self.oidc is None:
            raise ConfigError("The setting ui.sign_in is oidc, but ui.oidc is not set.", hint="Set its issuer.")


def sign_in_of(ui: UISettings) -> SignIn:
    """The sign-in that the settings ask for. Raises ConfigError for settings that do not fit together."""
    return SignIn(kind=kind_for(ui.sign_in, ui.host), session_hours=ui.session_hours, oidc=_oidc(ui.oidc))


def _oidc(settings: OidcSettings | None) -> Oidc | None:
    if settings is None:
        return None
    secret = settings.client_secret.get_secret_value() if settings.client_secret else ""
    return Oidc(**{**dict(settings), "client_secret": secret})


def kind_for(setting: Literal["auto", "none", "local", "oidc"], host: str) -> Kind:
    """The kind of sign-in; `auto` needs none where only this machine can reach the app."""
    if setting != "auto":
        return setting
    return "none" if is_loopback(host) else "local"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, for nobody but itself."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
