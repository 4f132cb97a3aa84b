"""An embedder that never embeds the same text twice."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from retrieval.ports import Embedder, Vectors


class CachedEmbedder:
    """Wraps an embedder with a SQLite cache keyed by (fingerprint, text hash); thread-safe."""

    def __init__(self, inner: Embedder, path: Path) -> None:
        self._inner, self._lock = inner, threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, timeout=30)
        self._db.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
            "CREATE TABLE IF NOT EXISTS vectors"
            "(model TEXT, text BLOB, vector BLOB NOT NULL, PRIMARY KEY(model, text)) WITHOUT ROWID;"
        )

    @property
    def fingerprint(self) -> str:
        """See `Embedder.fingerprint`."""
        return self._inner.fingerprint

    @property
    def dimension(self) -> int:
        """See `Embedder.dimension`."""
        return self._inner.dimension

    @property
    def max_tokens(self) -> int:
        """See `Embedder.max_tokens`."""
        return self._inner.max_tokens

    def reads(self, text: str) -> float:
        """See `Embedder.reads`."""
        return self._inner.reads(text)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder.embed`; only texts not seen before reach the model."""
        keys = [hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in texts]
        found = self._load(set(keys))
        fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        if fresh:
            vectors = self._inner.embed(list(fresh.values()))
            found.update(zip(fresh, vectors, strict=True))
            self._save(list(fresh), vectors)
        rows = [found[key] for key in keys]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self.dimension)

    def close(self) -> None:
        """Close the cache file."""
        self._db.close()

    def _load(self, keys: set[bytes]) -> dict[bytes, Vectors]:
        found: dict[bytes, Vectors] = {}
        ordered = list(keys)
        with self._lock:
            for start in range(0, len(ordered), 500):
                part = ordered[start : start + 500]
                marks = ",".join("?" * len(part))
                rows = self._db.execute(
                    f"SELECT text, vector FROM vectors WHERE model=? AND text IN ({marks})", (self.fingerprint, *part)
                )
                found.update((key, np.frombuffer(blob, dtype=np.float32)) for key, blob in rows)
        return found

    def _save(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        rows = [(self.fingerprint, key, vector.tobytes()) for key, vector in zip(keys, vectors, strict=True)]
        with self._lock, self._db:
            self._db.executemany("INSERT OR REPLACE INTO vectors VALUES(?,?,?)", rows)
