"""Writes documents to the three stores of a knowledge base so that nobody ever sees half of one.

Both indexes first, then one catalogue transaction that makes the new documents visible and the old versions vanish,
then the old chunks leave the indexes. A search shows only chunks the catalogue knows, so a kill at any moment leaves
the old state or the new one; the `dirty` mark makes the next opening reconcile the indexes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from retrieval.indexes import Indexes
from retrieval.ports import Embedder, Vectors
from retrieval.stores.catalogue import Catalogue, KnowledgeBaseRow, Place, Version
from retrieval.types import Chunk

EMBED_TOGETHER = 32
"""Chunks embedded before a cancel is looked for: well under a second's work."""


class Cancelled(Exception):
    """The user wants no more; what was not committed is dropped."""


@dataclass(kw_only=True)
class Writer:
    """Writes to one knowledge base; `embed_s` and `index_s` add up what that took."""

    row: KnowledgeBaseRow
    catalogue: Catalogue
    indexes: Indexes
    embedder: Embedder
    cancel: threading.Event = field(default_factory=threading.Event)
    embed_s: float = 0.0
    index_s: float = 0.0

    def put(self, versions: Sequence[Version], vectors: Vectors | None = None) -> None:
        """Make documents visible. Raises Cancelled before anything is."""
        chunks = [chunk for version in versions for chunk in version.chunks]
        started = time.perf_counter()
        vectors = self._embed(chunks) if vectors is None else vectors
        embedded = time.perf_counter()
        if chunks:
            self.indexes.add(chunks, vectors)
        self.indexes.delete(self.catalogue.replace(self.row.id, versions))
        self.embed_s += embedded - started
        self.index_s += time.perf_counter() - embedded

    def link(self, found: Sequence[tuple[Place, str]]) -> None:
        """Let documents that are there be found at further places."""
        self.indexes.delete(self.catalogue.link(self.row.id, found))

    def unlink(self, locations: Sequence[str]) -> None:
        """Forget places, and the documents that lie nowhere else."""
        self.indexes.delete(self.catalogue.unlink(self.row.id, locations))

    def _embed(self, chunks: Sequence[Chunk]) -> Vectors:
        texts = [chunk.embedded_text for chunk in chunks]
        vectors = np.empty((len(texts), self.embedder.dimension), np.float32)
        by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(texts), EMBED_TOGETHER):
            if self.cancel.is_set():
                raise Cancelled
            part = by_length[start : start + EMBED_TOGETHER]
            vectors[part] = self.embedder.embed([texts[i] for i in part])
        return vectors
