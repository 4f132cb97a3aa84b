"""The knowledge bases of one data directory, and the lock that keeps others out: the composition root of retrieval."""

from __future__ import annotations

import logging
import re
import threading
from functools import cached_property
from pathlib import Path

from configs.errors import ConfigError
from configs.settings import Backend, Settings
from retrieval.embedding.cached import CachedEmbedder
from retrieval.embedding.open import open_embedder
from retrieval.embedding.weights import locate
from retrieval.errors import StoreError, UnknownKnowledgeBase
from retrieval.indexes import Indexes, discard
from retrieval.knowledge_base import KnowledgeBase, Parts, check_embedder
from retrieval.parsing.pool import ParserPool
from retrieval.ports import Embedder
from retrieval.stores.catalogue import Catalogue, KnowledgeBaseRow
from retrieval.stores.lock import DataDirectoryLock

DATABASE = "roundtable.sqlite"
log = logging.getLogger(__name__)
_NAME = re.compile(r"[\w][\w .-]{0,63}")


class Library:
    """Opens knowledge bases by name. `exclusive` is needed to change anything; readers may be several."""

    def __init__(self, settings: Settings, *, exclusive: bool, command: str = "") -> None:
        self._settings, self._home = settings, settings.home
        self.lock = DataDirectoryLock(self._home, exclusive=exclusive, command=command)
        self._catalogue = Catalogue(self._home / DATABASE)
        self._opened: dict[str, KnowledgeBase] = {}
        self._opening = threading.RLock()

    def names(self) -> list[str]:
        """The knowledge bases there are."""
        return [row.name for row in self._catalogue.knowledge_bases()]

    def summary(self) -> dict[str, tuple[int, int]]:
        """Numbers of documents and chunks by name, without opening any index."""
        return {row.name: self._catalogue.size(row.id) for row in self._catalogue.knowledge_bases()}

    def create(self, name: str) -> KnowledgeBase:
        """Open the knowledge base `name`, made empty when there is none. Raises ConfigError for an unusable name."""
        if not _NAME.fullmatch(name):
            raise ConfigError(
                f"{name!r} cannot name a knowledge base.",
                hint="Use up to 64 letters, digits, spaces, dots, dashes and underscores.",
            )
        self._catalogue.create(name)
        return self.open(name)

    def open(self, name: str) -> KnowledgeBase:
        """Raises UnknownKnowledgeBase, or EmbedderMismatch when it was made with another embedder."""
        with self._opening:
            if name not in self._opened:
                self._opened[name] = self._open(self._row(name))
            return self._opened[name]

    def delete(self, name: str) -> None:
        """Delete a knowledge base with its indexes; the files it was made from stay."""
        row = self._row(name)
        with self._opening:
            if kb := self._opened.pop(name, None):
                kb.close()
            self._catalogue.delete(row.id)
            discard(self._folder(row), chroma_url=self._settings.storage.chroma_url)

    def warm_up(self) -> None:
        """Load the embedding model now rather than at the first question."""
        self.embedder.embed(["ready"])

    def close(self) -> None:
        """Close everything and let other processes in."""
        with self._opening:
            for kb in self._opened.values():
                kb.close()
            self._opened.clear()
            if "_caching" in vars(self):
                self._caching.close()
            self._catalogue.close()
            self.lock.close()

    @cached_property
    def embedder(self) -> Embedder:
        """The configured embedder; with backend `auto`, the backend that existing indexes were made with."""
        recorded = {row.embedder for row in self._catalogue.knowledge_bases() if row.embedder}
        return open_embedder(self._settings.embedding, backend=_recorded_backend(recorded, self._settings))

    @cached_property
    def _caching(self) -> CachedEmbedder:
        return CachedEmbedder(self.embedder, self._home / "vectors.sqlite")

    def _open(self, row: KnowledgeBaseRow) -> KnowledgeBase:
        check_embedder(row, self.embedder)
        if row.dirty:
            with self.lock.exclusively():
                return self._recover(self._row(row.name))
        return self._assemble(row)

    def _recover(self, row: KnowledgeBaseRow) -> KnowledgeBase:
        """After a kill in the middle of a write; indexes that cannot be read are built anew beside the broken ones."""
        try:
            kb = self._assemble(row)
            kb.verify(repair=True)
        except StoreError:
            log.warning("The indexes of %s cannot be read; they are built anew from the catalogue.", row.name)
            discard(self._folder(row), chroma_url=self._settings.storage.chroma_url)
            self._catalogue.advance(row.id)
            kb = self._assemble(self._row(row.name))
            kb.verify(repair=True)
        return kb

    def _assemble(self, row: KnowledgeBaseRow) -> KnowledgeBase:
        settings = self._settings
        return KnowledgeBase(
            Parts(
                row=row,
                catalogue=self._catalogue,
                indexes=Indexes(self._folder(row), chroma_url=settings.storage.chroma_url),
                embedder=self.embedder,
                caching=self._caching,
                search=settings.search,
                open_parsers=self._open_parsers,
            )
        )

    def _open_parsers(self) -> ParserPool:
        limit = min(self.embedder.max_tokens, self._settings.chunking.max_tokens or self.embedder.max_tokens)
        tokenizer = locate(self._settings.embedding.model).tokenizer
        return ParserPool(self._settings.parsing, tokenizer=tokenizer, max_tokens=limit)

    def _row(self, name: str) -> KnowledgeBaseRow:
        rows = {row.name: row for row in self._catalogue.knowledge_bases()}
        if name not in rows:
            raise UnknownKnowledgeBase(
                f"There is no knowledge base {name!r}.",
                hint=f"There are: {', '.join(rows) or 'none yet'}. `python main.py ingest PATH --kb NAME` makes one.",
            )
        return rows[name]

    def _folder(self, row: KnowledgeBaseRow) -> Path:
        return self._home / "indexes" / f"{row.uid}-{row.generation}"


def _recorded_backend(fingerprints: set[str], settings: Settings) -> Backend | None:
    """The backend of the one kind of index there is for this model, so that `auto` never changes it under an index."""
    prefix = f"{locate(settings.embedding.model).name}@"
    backends = {fingerprint.split("/")[-3] for fingerprint in fingerprints if fingerprint.startswith(prefix)}
    if settings.embedding.backend != "auto" or len(backends) != 1:
        return None
    return backends.pop()  # type: ignore[return-value]  # fingerprints are written with a Backend name
