"""What one knowledge base is made of, and how it is kept consistent while it changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from configs.settings import FetchSettings, SearchSettings
from retrieval.indexes import Indexes
from retrieval.ingest import Parsing
from retrieval.lazy import Lazy
from retrieval.ports import Embedder
from retrieval.stores.catalogue import Catalogue, KnowledgeBaseRow
from retrieval.types import Chunk
from retrieval.verify import VerifyReport, verify
from retrieval.writing import Writer


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What reading documents takes: `scratch` makes a folder for one ingest, `parsers` opens a pool (by password).

    `home` is the data directory, which is never a source. `reader` tells apart what reads: versions and settings.
    """

    home: Path
    reader: str
    max_mb: int
    fetch: FetchSettings
    downloads: Path
    scratch: Callable[[], AbstractContextManager[Path]]
    parsers: Callable[[str | None], AbstractContextManager[Parsing]]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a knowledge base is made of; `caching` embeds for the index, `embedder` for questions."""

    row: KnowledgeBaseRow
    catalogue: Catalogue
    indexes: Lazy[Indexes]
    embedder: Embedder
    caching: Embedder
    search: SearchSettings
    workshop: Workshop

    def writer(self, cancel: threading.Event | None = None) -> Writer:
        """Writes to it."""
        return Writer(
            row=self.row,
            catalogue=self.catalogue,
            indexes=self.indexes(),
            embedder=self.caching,
            cancel=cancel or threading.Event(),
        )

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Dirty while it lasts, and for good when it fails; what an earlier failure left is mended first."""
        if self.catalogue.is_dirty(self.row.id):
            visible = self.catalogue.chunk_ids(self.row.id)
            self.indexes().reconcile(visible, self._fetch, self.caching)
        self.catalogue.mark(self.row.id, dirty=True)
        yield
        self.catalogue.mark(self.row.id, dirty=False)

    def verify(self) -> VerifyReport:
        """Compare the stores."""
        catalogue, number = self.catalogue, self.row.id
        return verify(self.row.name, catalogue.size(number)[0], catalogue.chunk_ids(number), self.indexes())

    def close(self) -> None:
        """Let go of the indexes."""
        if indexes := self.indexes.if_made():
            indexes.close()

    def _fetch(self, ids: Sequence[str]) -> list[Chunk]:
        return [chunk for chunk, _ in self.catalogue.fetch(self.row.id, ids).values()]
