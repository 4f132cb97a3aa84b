"""What the page is made of beside the conversation itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ui.web.tab_page import TabPage
from ui.web.undoing import Undoing

if TYPE_CHECKING:
    from fastapi import FastAPI

    from agents.app import App


class Welcome(Protocol):
    """Something that stands in the empty conversation."""

    def build(self) -> None:
        """Lay out."""
        ...

    def serve(self, server: FastAPI) -> None:
        """Add the routes it needs."""
        ...


@dataclass(frozen=True, kw_only=True)
class Site:
    """`tabs` stand beside the conversation, `welcome` in an empty one.

    `undoing` holds what was deleted a moment ago, `say` tells whoever started it. `private` adds the interface of
    `ui.web.command_route` for an application, behind a token.
    """

    say: Callable[[str], None]
    undoing: Undoing = field(default_factory=Undoing)
    tabs: Sequence[TabPage] = ()
    welcome: Sequence[Welcome] = ()
    private: tuple[App, str] | None = None
