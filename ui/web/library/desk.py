"""What one browser tab looks at in the library; nothing of it is taken from the browser unread."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ui.web.newest import Newest
from ui.web.visitor import Visitor

_MOST = 1000


@dataclass(frozen=True, kw_only=True)
class Look:
    """Which knowledge base, which words its documents are filtered by, and which page of them."""

    kb: str | None = None
    words: str = ""
    page: int = 0


class Desk:
    """A tab; `watches` counts how often it began or ceased to be looked at."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.look = Look()
        self.watches = 0

    def choose(self, kb: str | None) -> None:
        """Look at another knowledge base."""
        self.look = Look(kb=kb)

    def filter(self, words: str) -> None:
        """Show only the documents with these words in their names."""
        self.look = replace(self.look, words=words, page=0)

    def turn(self, page: int) -> None:
        """Show that page of the documents; the first and the last are the limits."""
        self.look = replace(self.look, page=page)


class Desks:
    """Desks by person, browser and the session it gave its tab; of many, those longest unused are forgotten."""

    def __init__(self) -> None:
        self._desks: Newest[tuple[str, str, str], Desk] = Newest(_MOST)

    def of(self, session: str, visitor: Visitor) -> Desk:
        """The desk of a session, opened by its first call; every call renews who sits at it."""
        key = (visitor.owner, visitor.browser, session)
        if key not in self._desks:
            self._desks.keep(key, Desk(visitor))
        desk = self._desks.use(key)
        desk.visitor = visitor
        return desk
