"""What a tab shows of the library, made anew whenever something of it has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from configs.errors import AppError
from ui.web.library import activity, table
from ui.web.library.desk import Desk
from ui.web.library.jobs import Jobs
from ui.web.library.pieces import Piece, empty, piece, text
from ui.web.library.stock import DOCUMENT, KB, Stock
from ui.web.listing import notice
from ui.web.undoing import Key, Undoing


@dataclass(frozen=True, kw_only=True)
class Screen:
    """The parts of a tab that change by themselves."""

    names: tuple[str, ...] = ()
    kb: str | None = None
    numbers: str = ""
    activity: tuple[Piece, ...] = ()
    documents: tuple[Piece, ...] = ()


class Screens:
    """Draws screens. `named` gives the names of what was deleted, by key."""

    def __init__(self, stock: Stock, jobs: Jobs, undoing: Undoing, named: Callable[[Key], str]) -> None:
        self._stock, self._jobs, self._undoing, self._named = stock, jobs, undoing, named

    def waiting(self, desk: Desk) -> Screen:
        """While the application is not ready."""
        said = text(desk.visitor.words("library.getting_ready"))
        return Screen(numbers=f'<p role="status" class="lib-numbers lib-waiting">{said}</p>')

    def draw(self, desk: Desk) -> Screen:
        """The screen of a tab as things stand; a tab whose knowledge base is gone looks at the first there is."""
        words, look = desk.visitor.words, desk.look
        try:
            names = self._stock.names()
            if look.kb not in names:
                desk.choose(names[0] if names else None)
                look = desk.look
        except AppError as error:
            return Screen(documents=(piece("problem", notice(error, words)),))
        if look.kb is None:
            hint = words("library.no_kb_hint" if desk.visitor.can("editor") else "library.empty_reader")
            nothing = (piece("none", empty(words("library.no_kb"), hint)),)
            return Screen(activity=tuple(self._deleted(desk, "")), documents=nothing)
        return Screen(
            names=tuple(names),
            kb=look.kb,
            numbers=self._numbers(desk, look.kb),
            activity=(*self._deleted(desk, look.kb), *activity.jobs(words, self._jobs.of(look.kb, desk.visitor.owner))),
            documents=tuple(self._documents(desk, look.kb)),
        )

    def _numbers(self, desk: Desk, kb: str) -> str:
        try:
            model = self._stock.embedder(kb)
        except AppError:
            model = ""
        return table.numbers(desk.visitor.words, *self._stock.size(kb), model)

    def _deleted(self, desk: Desk, kb: str) -> list[Piece]:
        pending = self._undoing.pending(desk.visitor.owner)
        here = [key for key in pending if key[0] == KB or key[:2] == (DOCUMENT, kb)]
        return activity.deleted(desk.visitor.words, {key: self._named(key) for key in here})

    def _documents(self, desk: Desk, kb: str) -> list[Piece]:
        words, look = desk.visitor.words, desk.look
        stamp = (self._undoing.version, self._jobs.ended)
        try:
            window = self._stock.window(kb, stamp, words=look.words, page=look.page)
        except AppError as error:
            return [piece("problem", notice(error, words))]
        busy = {
            line.source
            for job in self._jobs.of(kb, desk.visitor.owner)
            if job.going and job.kind == "reparse"
            for line in job.lines
            if line.status in ("waiting", "reading")
        }
        return table.documents(words, window, busy=busy, size=self._stock.bytes, change=desk.visitor.can("editor"))
