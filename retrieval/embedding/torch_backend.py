"""Embedding through Sentence-Transformers on torch: works everywhere, and is what the others are measured against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from retrieval.embedding.batching import load_tokenizer
from retrieval.embedding.openvino_backend import fingerprint
from retrieval.embedding.scripts import ReadableScripts
from retrieval.embedding.weights import ModelFiles
from retrieval.errors import EmbeddingError
from retrieval.ports import Vectors


def load_sentence_transformer(files: ModelFiles) -> Any:
    """The verified model in fp32 on the CPU. Raises EmbeddingError."""
    files.verify()
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # stderr has a progress of its own
    try:
        return SentenceTransformer(str(files.folder), device="cpu")
    except Exception as error:
        raise EmbeddingError(
            f"{files.folder} is not a Sentence-Transformers model: {error}",
            hint="Check ROUNDTABLE_EMBEDDING__MODEL.",
        ) from error


class TorchEmbedder:
    """Sentence-Transformers as it comes."""

    def __init__(self, files: ModelFiles, *, batch_size: int) -> None:
        self._files, self._batch_size = files, batch_size
        self._model = load_sentence_transformer(files)
        self._scripts = ReadableScripts(load_tokenizer(str(files.tokenizer), files.max_tokens))

    @property
    def fingerprint(self) -> str:
        """See `Embedder.fingerprint`."""
        return fingerprint(self._files, "torch-fp32", self.dimension)

    @property
    def dimension(self) -> int:
        """See `Embedder.dimension`."""
        return int(self._model.get_embedding_dimension())

    @property
    def max_tokens(self) -> int:
        """See `Embedder.max_tokens`."""
        return self._files.max_tokens

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder.embed`."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        vectors: Vectors = self._model.encode(
            list(texts), batch_size=self._batch_size, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors

    def reads(self, text: str) -> float:
        """See `Embedder.reads`."""
        return self._scripts.share(text)
