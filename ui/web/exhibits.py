"""Evidence a browser may see: what a citation in its own conversation opened, and nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from configs.errors import AppError
from retrieval.evidence.excerpts import excerpt
from retrieval.evidence.page_images import is_pictured, page_image, quoted_page
from retrieval.types import Boxes, Document
from ui.web.backend import Backend
from ui.web.listing import base_name
from ui.web.newest import Newest

Key = tuple[str, str, str]
"""Knowledge base, document id, chunk id."""

_MOST_OPENED, _MOST_IMAGES = 2000, 48
_DRAWN_AT_ONCE = 2
_PIECE = 1 << 18


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """A passage cited in a conversation, as the conversation holds it."""

    kb: str
    document_id: str
    chunk_id: str
    page: int | None
    boxes: Boxes
    quotes: tuple[str, ...]

    @property
    def key(self) -> Key:
        """What names it in an address."""
        return self.kb, self.document_id, self.chunk_id

    @property
    def address(self) -> str:
        """Where it is served, relative to the page; a page number or `original` follows."""
        return "/".join(("evidence", *(quote(part, safe="") for part in self.key)))

    @property
    def edition(self) -> str:
        """Changes when other words are marked."""
        return hashlib.sha256("\0".join(self.quotes).encode("utf-8", "replace")).hexdigest()[:12]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An exhibit ready to be looked at: pages as images from `page` on, or an excerpt as HTML, or neither.

    `problem` says why the original cannot be shown or downloaded.
    """

    exhibit: Exhibit
    page: int = 0
    pages: int = 0
    excerpt: str = ""
    problem: str = ""


class Exhibits:
    """Opens exhibits for a session and serves them to that session alone.

    Belongs to one event loop; files are read in threads, two pages are drawn at once, and the newest are kept.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._opened: Newest[tuple[str, Key], Exhibit] = Newest(_MOST_OPENED)
        self._images: Newest[tuple[Key, str, int], bytes] = Newest(_MOST_IMAGES)
        self._drawing = asyncio.Semaphore(_DRAWN_AT_ONCE)

    async def open(self, session: str, exhibit: Exhibit) -> Shown:
        """Let a session see an exhibit of its own conversation."""
        try:
            document = await asyncio.to_thread(self._backend.document, exhibit.kb, exhibit.document_id)
            self._opened.keep((session, exhibit.key), exhibit)
            if is_pictured(document.media_type) and exhibit.page:
                return await self._pictured(exhibit, document)
            return await asyncio.to_thread(self._read, exhibit, document)
        except AppError as error:
            return Shown(exhibit=exhibit, problem=error.message)

    def find(self, session: str, key: Key) -> Exhibit | None:
        """The exhibit if that session has opened it."""
        return self._opened.get((session, key))

    async def image(self, exhibit: Exhibit, page: int) -> bytes:
        """A page of its document as PNG, the passage marked where it stands on it.

        Raises AppError, also for what was drawn before its document left the knowledge base.
        """
        await asyncio.to_thread(self._backend.document, exhibit.kb, exhibit.document_id)
        key = (exhibit.key, exhibit.edition, page)
        if key not in self._images:
            async with self._drawing:
                if key not in self._images:
                    self._images.keep(key, await asyncio.to_thread(self._draw, exhibit, page))
        return self._images.use(key)

    async def original(self, exhibit: Exhibit) -> tuple[str, Iterator[bytes]]:
        """The name and the bytes of the file its document was made from. Raises AppError when it is gone or changed."""
        document = await asyncio.to_thread(self._backend.document, exhibit.kb, exhibit.document_id)
        pieces = _pieces(self._backend.original(exhibit.kb, document))
        first = await asyncio.to_thread(next, pieces, b"")
        return document.source, itertools.chain([first], pieces)

    async def _pictured(self, exhibit: Exhibit, document: Document) -> Shown:
        try:
            page = await asyncio.to_thread(self._first_page, exhibit, document)
            await self.image(exhibit, page)
        except AppError as error:
            return Shown(exhibit=exhibit, problem=_told(error, document))
        return Shown(exhibit=exhibit, page=page, pages=max(page, document.pages))

    def _draw(self, exhibit: Exhibit, page: int) -> bytes:
        document = self._backend.document(exhibit.kb, exhibit.document_id)
        quotes = exhibit.quotes if page in exhibit.boxes or page == exhibit.page else ()
        with self._backend.original(exhibit.kb, document) as path:
            return page_image(path, page, boxes=exhibit.boxes.get(page, ()), quotes=quotes)

    def _first_page(self, exhibit: Exhibit, document: Document) -> int:
        with self._backend.original(exhibit.kb, document) as path:
            return quoted_page(path, exhibit.boxes, exhibit.quotes) if exhibit.boxes else exhibit.page or 1

    def _read(self, exhibit: Exhibit, document: Document) -> Shown:
        text = excerpt(self._backend.chunks(exhibit.kb, exhibit.document_id), exhibit.chunk_id, exhibit.quotes)
        try:
            with self._backend.original(exhibit.kb, document):
                return Shown(exhibit=exhibit, excerpt=text)
        except AppError as error:
            return Shown(exhibit=exhibit, excerpt=text, problem=_told(error, document))


def _told(error: AppError, document: Document) -> str:
    """What happened; the page names files, not their folders."""
    return error.message.replace(document.source, base_name(document.source))


def _pieces(original: AbstractContextManager[Path]) -> Iterator[bytes]:
    with original as path, path.open("rb") as file:
        yield from iter(lambda: file.read(_PIECE), b"")
