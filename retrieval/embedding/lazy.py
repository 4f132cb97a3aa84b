"""An embedder that is looked for when something of it is needed, and loaded when the first text is embedded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from retrieval.embedding.weights import ModelFiles
from retrieval.lazy import Lazy
from retrieval.ports import Embedder, Vectors


class LazyEmbedder:
    """See `Embedder`; every property and method raises EmbeddingError when the model is not there."""

    def __init__(self, locate: Callable[[], ModelFiles], load: Callable[[], Embedder]) -> None:
        self.files, self._loaded = Lazy(locate), Lazy(load)

    @property
    def fingerprint(self) -> str:
        """See `Embedder.fingerprint`."""
        return self._loaded().fingerprint

    @property
    def dimension(self) -> int:
        """See `Embedder.dimension`."""
        return self._loaded().dimension

    @property
    def max_tokens(self) -> int:
        """See `Embedder.max_tokens`."""
        return self.files().max_tokens

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder.embed`."""
        return self._loaded().embed(texts)

    def reads(self, text: str) -> float:
        """See `Embedder.reads`."""
        return self._loaded().reads(text)
