"""A deterministic embedder for tests: no model, no files, the same vectors in every process."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from retrieval.ports import Vectors


class HashingEmbedder:
    """Unit vectors from hashed three-letter sequences; similar texts come out similar."""

    def __init__(self, dimension: int = 64, *, max_tokens: int = 256) -> None:
        self.dimension, self.max_tokens = dimension, max_tokens

    @property
    def fingerprint(self) -> str:
        """See `Embedder.fingerprint`."""
        return f"hashing-{self.dimension}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder.embed`."""
        return np.array([self._vector(text) for text in texts], dtype=np.float32).reshape(-1, self.dimension)

    def reads(self, text: str) -> float:  # noqa: ARG002 - hashes read everything
        """Always 1.0."""
        return 1.0

    def _vector(self, text: str) -> Vectors:
        vector = np.zeros(self.dimension, dtype=np.float32)
        padded = f"  {text.lower()} "
        for i in range(len(padded) - 2):
            digest = hashlib.blake2b(padded[i : i + 3].encode(), digest_size=8).digest()
            vector[int.from_bytes(digest[:4], "big") % self.dimension] += 1 if digest[4] & 1 else -1
        return vector / max(float(np.linalg.norm(vector)), 1e-9)
