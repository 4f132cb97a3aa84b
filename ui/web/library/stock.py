"""What the knowledge bases hold, as rows; the rows of one are kept until it changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from configs.settings import Settings, hub_cache
from retrieval.embedding.weights import BUNDLED_NAMES
from retrieval.fetch import kept_copy
from retrieval.locations import is_address, on_disk, split_member
from retrieval.types import Document
from ui.web.listing import base_name
from ui.web.undoing import Undoing

if TYPE_CHECKING:
    from agents.app import App
    from retrieval.knowledge_base import KnowledgeBase

KB, DOCUMENT = "kb", "document"
"""The first parts of the keys of what can be deleted: `(KB, name)` and `(DOCUMENT, kb, document id)`."""

PAGE_ROWS = 50


@dataclass(frozen=True, kw_only=True)
class Row:
    """A document of a knowledge base, with the number of its chunks."""

    document: Document
    chunks: int

    @property
    def name(self) -> str:
        """The file's own name."""
        return base_name(self.document.source)


@dataclass(frozen=True, kw_only=True)
class Window:
    """Some of the rows that match: page `page` (from 0) of `pages`, of `matching` rows among `total`."""

    rows: tuple[Row, ...]
    page: int
    pages: int
    matching: int
    total: int


class Stock:
    """Reads what there is, without what is about to be deleted. `app` waits until the application is ready."""

    def __init__(self, app: Callable[[], App], undoing: Undoing, settings: Settings) -> None:
        self._app, self._undoing, self._settings = app, undoing, settings
        self._reading = threading.Lock()
        self._rows: dict[str, tuple[object, tuple[Row, ...]]] = {}

    def names(self) -> list[str]:
        """The knowledge bases, the configured one in front."""
        gone = self._undoing.gone()
        names = [name for name in self._app().library.names() if (KB, name) not in gone]
        return sorted(names, key=lambda name: (name != self._settings.kb, name))

    def size(self, kb: str) -> tuple[int, int]:
        """Numbers of documents and chunks, those about to be deleted included."""
        return self._app().library.summary().get(kb, (0, 0))

    def embedder(self, kb: str) -> str:
        """The fingerprint of the model a knowledge base is searched with. Raises AppError when it cannot be opened."""
        return self.open(kb).embedder.fingerprint

    def open(self, kb: str) -> KnowledgeBase:
        """A knowledge base. Raises UnknownKnowledgeBase and EmbedderMismatch."""
        return self._app().library.open(kb)

    def rows(self, kb: str, stamp: object) -> tuple[Row, ...]:
        """The documents by name; read anew when `stamp` or the size of the knowledge base is another than before."""
        stamp = (stamp, self.size(kb))
        with self._reading:
            known, rows = self._rows.get(kb, (None, ()))
            if known != stamp:
                rows = self._read(kb)
                self._rows[kb] = (stamp, rows)
        return rows

    def window(self, kb: str, stamp: object, *, words: str, page: int) -> Window:
        """One page of the rows whose name, title or source holds all the words."""
        rows = self.rows(kb, stamp)
        wanted = words.casefold().split()
        matching = [row for row in rows if all(word in _told(row.document) for word in wanted)] if wanted else rows
        pages = max(1, -(-len(matching) // PAGE_ROWS))
        page = max(0, min(page, pages - 1))
        shown = tuple(matching[page * PAGE_ROWS : (page + 1) * PAGE_ROWS])
        return Window(rows=shown, page=page, pages=pages, matching=len(matching), total=len(rows))

    def hidden(self, kb: str) -> set[str]:
        """The ids of the documents that are about to be deleted."""
        return {key[2] for key in self._undoing.gone() if key[:2] == (DOCUMENT, kb)}

    def bytes(self, document: Document) -> int | None:
        """The size of the file a document was made from; None when it is gone, or in an archive."""
        if split_member(document.location):
            return None
        try:
            if is_address(document.location):
                copy = kept_copy(document.location, self._settings.home / "downloads")
                return copy.stat().st_size if copy else None
            return on_disk(document.location).stat().st_size
        except OSError:
            return None

    def _read(self, kb: str) -> tuple[Row, ...]:
        base, hidden = self.open(kb), self.hidden(kb)
        counts = base.chunk_counts()
        rows = [Row(document=d, chunks=counts.get(d.id, 0)) for d in base.documents() if d.id not in hidden]
        return tuple(sorted(rows, key=lambda row: (row.name.casefold(), row.document.source)))


def models(settings: Settings) -> list[str]:
    """The embedding models that are on this machine; only the configured one where the settings name one."""
    if settings.embedding.model:
        return [settings.embedding.model]
    return [BUNDLED_NAMES[0], *_hub_models(hub_cache())]


def _hub_models(cache: Path) -> Sequence[str]:
    """Sentence-Transformers models of the hub's own cache."""
    found = {folder.parents[2].name for folder in cache.glob("models--*/snapshots/*/modules.json")}
    return sorted(name.removeprefix("models--").replace("--", "/") for name in found)


def _told(document: Document) -> str:
    return f"{document.source}\n{document.title}".casefold()
