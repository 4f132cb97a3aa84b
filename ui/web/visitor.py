"""Who sent a request, and what that person may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from starlette.types import Scope

from configs.errors import AppError
from ui.web.session import session_of
from ui.web.words import Language, Words, language_of, words_in

Role = Literal["reader", "editor", "admin"]
"""A reader asks; an editor also changes knowledge bases and runs evaluations; an admin also changes settings and
accounts."""

ROLES: tuple[Role, ...] = ("reader", "editor", "admin")
USER = "roundtable.user"
"""Where the sign-in puts name and role into a request's scope; without sign-in everybody is the machine's owner."""


class NotAllowed(AppError):
    """The visitor's role does not reach that far."""


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """A person at the page: `owner` is whose conversations they see, `browser` the browser they use."""

    owner: str
    role: Role
    browser: str
    language: Language

    @property
    def words(self) -> Words:
        """The words of the visitor's language."""
        return words_in(self.language)

    def can(self, role: Role) -> bool:
        """Whether the visitor's role is that one or reaches further."""
        return ROLES.index(self.role) >= ROLES.index(role)

    def must(self, role: Role) -> None:
        """Raises NotAllowed for a visitor of a lesser role."""
        if not self.can(role):
            raise NotAllowed(f"A {self.role} may not do this; it takes the role {role}.", hint="Ask an administrator.")


def visitor_of(scope: Scope) -> Visitor:
    """The visitor that sent a request."""
    owner, role = scope.get(USER, ("", "admin"))
    return Visitor(owner=owner, role=role, browser=session_of(scope), language=language_of(scope))
