"""The embedders of one data directory: one per model and backend, loaded when first used, with a cache before each."""

from __future__ import annotations

import threading
from pathlib import Path

from configs.settings import Backend, EmbeddingSettings
from retrieval.embedding.cached import CachedEmbedder
from retrieval.embedding.lazy import LazyEmbedder
from retrieval.embedding.open import open_embedder
from retrieval.embedding.weights import BUNDLED_NAMES, locate
from retrieval.errors import EmbedderMismatch
from retrieval.lazy import Lazy
from retrieval.ports import Embedder
from retrieval.stores.catalogue import KnowledgeBaseRow


class Embedders:
    """Opens the embedder an index was made with, or the configured one for a new index."""

    def __init__(self, settings: EmbeddingSettings, cache: Path) -> None:
        self._settings, self._cache = settings, cache
        self._models: dict[tuple[str, str], Lazy[Embedder]] = {}
        self._opened: dict[tuple[str, str, str | None], tuple[LazyEmbedder, CachedEmbedder]] = {}
        self._lock = threading.Lock()

    def of(self, row: KnowledgeBaseRow, fallback: Backend | None = None) -> tuple[LazyEmbedder, CachedEmbedder]:
        """The embedder of a knowledge base, and the same with a cache. Raises EmbedderMismatch.

        `fallback` is the backend of a knowledge base that has none yet, where the settings leave it open. That the
        weights are the ones the index was made with shows when they are loaded.
        """
        if row.embedder is None:
            return self.open(backend=fallback)
        model, backend = _parse(row.embedder)
        wanted = _canonical(self._settings.model) if self._settings.model else model
        if wanted != model or self._settings.backend not in ("auto", backend):
            raise _mismatch(row, f"{wanted} ({self._settings.backend})")
        return self.open(model, backend, row)

    def made(self, row: KnowledgeBaseRow) -> tuple[LazyEmbedder, CachedEmbedder]:
        """The embedder an index was made with, whatever the settings say now; the configured one for a new index."""
        return self.open(*_parse(row.embedder), row) if row.embedder else self.open()

    def open(
        self, model: str | None = None, backend: Backend | None = None, row: KnowledgeBaseRow | None = None
    ) -> tuple[LazyEmbedder, CachedEmbedder]:
        """The embedder of that name, else the configured one, and the same with a cache.

        Loading it raises EmbedderMismatch when it is not the very one that the index of `row` was made with.
        """
        name = _canonical(model or self._settings.model or BUNDLED_NAMES[0])
        settings = self._settings.model_copy(update={"model": name})
        with self._lock:
            kind = (name, backend or self._settings.backend)
            loaded = self._models.setdefault(kind, Lazy(lambda: open_embedder(settings, backend=backend)))
            key = (*kind, row.embedder if row else None)
            if key not in self._opened:
                lazy = LazyEmbedder(lambda: locate(name), lambda: _checked(loaded(), row))
                self._opened[key] = lazy, CachedEmbedder(lazy, self._cache)
            return self._opened[key]

    def close(self) -> None:
        """Close the caches."""
        for _, caching in self._opened.values():
            caching.close()


def common_backend(rows: list[KnowledgeBaseRow]) -> Backend | None:
    """The one backend all indexes were made with, so that a new one is searched with the same loaded model."""
    backends = {_parse(row.embedder)[1] for row in rows if row.embedder}
    return backends.pop() if len(backends) == 1 else None


def _canonical(model: str) -> str:
    return BUNDLED_NAMES[0] if model in BUNDLED_NAMES else model


def _parse(fingerprint: str) -> tuple[str, Backend]:
    """Model and backend; the name of a model may hold slashes and at-signs."""
    model, rest = fingerprint.rsplit("@", 1)
    return model, rest.split("/")[1]  # type: ignore[return-value]  # fingerprints are written with a Backend name


def _checked(embedder: Embedder, row: KnowledgeBaseRow | None) -> Embedder:
    if row and row.embedder != embedder.fingerprint:
        raise _mismatch(row, embedder.fingerprint)
    return embedder


def _mismatch(row: KnowledgeBaseRow, configured: str) -> EmbedderMismatch:
    model = _parse(row.embedder or "")[0]
    return EmbedderMismatch(
        f"{row.name!r} was indexed with {row.embedder}, but the embedder configured is {configured}.",
        hint=f"Unset ROUNDTABLE_EMBEDDING__MODEL and __BACKEND (or set MODEL={model} again), or change the index with "
        f"`python main.py kb reembed --kb {row.name}`.",
    )
