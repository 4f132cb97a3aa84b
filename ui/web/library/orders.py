"""What the buttons within the page's own HTML ask for, read from what the browser sent and carried out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from ui.web.library.desk import Desk
from ui.web.library.opened import open_document
from ui.web.library.pieces import Piece, piece
from ui.web.library.preview import preview
from ui.web.library.works import Adding, Rereading, kept_sources
from ui.web.library.workshop import Workshop

Order = Mapping[str, str]

_DIGITS = 9


def order_of(data: Any) -> Order:
    """What was sent: names and words only."""
    told = data.items() if isinstance(data, dict) else ()
    return {str(name): value for name, value in told if isinstance(value, str)}


class Orders:
    """Carries orders out; what changes something is refused to readers."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._changes = {
            "reread": self._reread,
            "delete": self._delete,
            "undo": self._undo,
            "cancel": self._cancel,
            "dismiss": self._dismiss,
            "retry": self._retry,
        }

    async def carry_out(self, order: Order, desk: Desk) -> list[Piece] | None:
        """Do it; returns the preview when that is another now. Raises AppError."""
        act = order.get("act", "")
        if act in ("preview", "sheet"):
            return await self._open(order, desk)
        if act == "close":
            return []
        if act == "turn":
            desk.turn(_number(order, "page") - 1)
        elif act in self._changes:
            desk.visitor.must("editor")
            await asyncio.to_thread(self._changes[act], order, desk)
        return None

    async def _open(self, order: Order, desk: Desk) -> list[Piece]:
        page, kb = _number(order, "page"), desk.look.kb
        if kb is None:
            return []
        chunk = order.get("chunk", "")
        opened = await open_document(self._shop, kb, order.get("document", ""), page=page, chunk_id=chunk)
        return [piece("preview", preview(desk.visitor.words, opened))]

    def _reread(self, order: Order, desk: Desk) -> None:
        kb, document = desk.look.kb, order.get("document")
        if kb and document:
            app = self._shop.opening.app()
            app.library.open(kb).document(document)
            work = Rereading(app=app, kb=kb, document_ids=[document])
            self._shop.begin(kb, desk.visitor.owner, "reparse", work)

    def _delete(self, order: Order, desk: Desk) -> None:
        if desk.look.kb:
            self._shop.deleting.document(desk.visitor.owner, desk.look.kb, order.get("document", ""))

    def _undo(self, order: Order, desk: Desk) -> None:
        try:
            parts = json.loads(order.get("key", ""))
        except ValueError:
            return
        if isinstance(parts, list) and all(isinstance(part, str) for part in parts):
            self._shop.undoing.undo(desk.visitor.owner, tuple(parts))

    def _cancel(self, order: Order, desk: Desk) -> None:
        self._shop.jobs.cancel(_number(order, "job"), desk.visitor.owner)

    def _dismiss(self, order: Order, desk: Desk) -> None:
        self._shop.jobs.dismiss(_number(order, "job"), desk.visitor.owner)

    def _retry(self, order: Order, desk: Desk) -> None:
        """Read again what failed in a job of this owner; that job is shown no more."""
        shop, owner = self._shop, desk.visitor.owner
        job = shop.jobs.find(_number(order, "job"), owner)
        if job is None or job.going or not (places := kept_sources(job)):
            return
        work = Adding(
            app=shop.opening.app(),
            shelf=shop.shelf,
            kb=job.kb,
            places=places,
            again=True,
            password=order.get("password", ""),
        )
        shop.begin(job.kb, owner, "add", work)
        shop.jobs.dismiss(job.number, owner)


def _number(order: Order, name: str) -> int:
    """A whole number from the browser; 0 for anything else."""
    value = order.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= _DIGITS else 0
