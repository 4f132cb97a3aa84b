"""The seams of retrieval: what each part must do for the others, in one to four methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.types import ParsedDocument

Vectors = NDArray[np.float32]
"""One row per text, unit length."""


class Parser(Protocol):
    """Turns one file into chunks fit for citing."""

    def parse(self, path: Path, *, on_page: Callable[[int, int], None] | None = None) -> ParsedDocument:
        """Read and cut `path`, telling how many pages of how many are read. Raises ParseError when nothing is in it."""
        ...


class Embedder(Protocol):
    """Turns texts into vectors of unit length."""

    @property
    def fingerprint(self) -> str:
        """Model, backend, dimension and normalisation: vectors of different fingerprints never mix."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    @property
    def max_tokens(self) -> int:
        """Longest text the model reads, in its own tokens, special tokens included."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector per text, in the order given; shape (len(texts), dimension)."""
        ...

    def reads(self, text: str) -> float:
        """Share of the letters of `text` (0 to 1) in scripts the model's vocabulary can read."""
        ...


class VectorIndex(Protocol):
    """Nearest neighbours by cosine similarity."""

    def add(self, ids: Sequence[str], vectors: Vectors, document_ids: Sequence[str]) -> None:
        """Store vectors under their chunk ids; an id already there is replaced."""
        ...

    def delete(self, ids: Sequence[str]) -> None:
        """Forget these ids; unknown ids are ignored."""
        ...

    def search(self, vector: Vectors, k: int, document_ids: Sequence[str] | None = None) -> Mapping[str, float]:
        """The k nearest chunk ids and their cosine, best first, within `document_ids` when given."""
        ...

    def fetch(self, ids: Sequence[str]) -> Mapping[str, Vectors]:
        """The vector of each id, of shape (dimension,); unknown ids are left out."""
        ...

    def ids(self) -> set[str]:
        """Every id whose vector can be read back."""
        ...


class LexicalIndex(Protocol):
    """Words ranked by BM25; Chinese, Japanese and Korean by characters and pairs of characters."""

    def add(self, ids: Sequence[str], texts: Sequence[str], document_ids: Sequence[str]) -> None:
        """Store texts under their chunk ids; durable on return. An id already there is replaced."""
        ...

    def delete(self, ids: Sequence[str]) -> None:
        """Forget these ids; durable on return. Unknown ids are ignored."""
        ...

    def search(self, text: str, k: int, document_ids: Sequence[str] | None = None) -> Mapping[str, float]:
        """The k best chunk ids and their BM25 score, best first, within `document_ids` when given."""
        ...

    def ids(self) -> set[str]:
        """Every id in the index."""
        ...
