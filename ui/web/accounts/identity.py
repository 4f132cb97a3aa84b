"""Who a person is here, of whom a provider says something."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ui.web.accounts.errors import AccountError
from ui.web.accounts.sign_in import Oidc
from ui.web.accounts.store import name_of
from ui.web.visitor import ROLES, Role


@dataclass(frozen=True, kw_only=True)
class Identity:
    """`subject` stays the same when names and addresses change; `role` is only given where the provider decides it."""

    subject: str
    name: str
    role: Role | None


def identity(claims: Mapping[str, Any], oidc: Oidc) -> Identity:
    """The person of checked claims. Raises AccountError for one who may not sign in here."""
    email = str(claims.get("email", ""))
    if oidc.domains and not _is_of(email, claims, oidc.domains):
        raise AccountError("oidc_domain", status=403)
    verified = email if claims.get("email_verified") is True else ""
    subject = f"{oidc.issuer} {claims['sub']}"
    return Identity(
        subject=subject,
        name=_name(verified) or _name(str(claims.get("preferred_username", ""))) or _nickname(subject),
        role=_role(claims.get(oidc.roles_claim), oidc.default_role) if oidc.roles_claim else None,
    )


def _is_of(email: str, claims: Mapping[str, Any], domains: tuple[str, ...]) -> bool:
    domain = email.rpartition("@")[2].lower()
    return claims.get("email_verified") is True and domain in {allowed.lower() for allowed in domains}


def _name(text: str) -> str:
    try:
        return name_of(text)
    except AccountError:
        return ""


def _nickname(subject: str) -> str:
    return f"person-{hashlib.sha256(subject.encode()).hexdigest()[:12]}"


def _role(said: Any, default: Role) -> Role:
    """The role of ours that reaches furthest among those that were said."""
    said = said if isinstance(said, list) else [said]
    return next((role for role in reversed(ROLES) if role in said), default)
