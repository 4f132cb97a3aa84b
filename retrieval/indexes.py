"""The two indexes of one knowledge base, and how they are made equal to the catalogue again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.ports import Embedder, Vectors
from retrieval.stores.chroma import ChromaIndex, open_client
from retrieval.stores.lexical import TantivyIndex
from retrieval.types import Chunk

_BATCH = 512


@dataclass(frozen=True)
class Difference:
    """Chunk ids one index lacks, and ids it holds that no document has."""

    missing: frozenset[str]
    stray: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.missing or self.stray)


class Indexes:
    """Vectors and words of one knowledge base, in one folder (or on a Chroma server and one folder)."""

    def __init__(self, folder: Path, *, chroma_url: str | None) -> None:
        self._client = open_client(folder / "chroma", chroma_url)
        self.vectors = ChromaIndex(self._client, _collection(folder))
        self.words = TantivyIndex(folder / "words")

    def add(self, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Write chunks to both indexes; they are not visible before the catalogue knows them."""
        ids, documents = [c.id for c in chunks], [c.document_id for c in chunks]
        self.vectors.add(ids, vectors, documents)
        self.words.add(ids, [c.embedded_text for c in chunks], documents)

    def delete(self, ids: Sequence[str]) -> None:
        """Forget chunks in both indexes."""
        if ids:
            self.vectors.delete(ids)
            self.words.delete(ids)

    def compare(self, visible: set[str]) -> dict[str, Difference]:
        """How each index differs from the catalogue."""
        found = {"vectors": self.vectors.ids(), "lexical": self.words.ids()}
        return {name: Difference(frozenset(visible - ids), frozenset(ids - visible)) for name, ids in found.items()}

    def reconcile(
        self, visible: set[str], fetch: Callable[[Sequence[str]], Sequence[Chunk]], embedder: Embedder
    ) -> None:
        """Make both indexes hold exactly the visible chunks."""
        differences = self.compare(visible)
        self.delete(sorted(differences["vectors"].stray | differences["lexical"].stray))
        missing = sorted(differences["vectors"].missing | differences["lexical"].missing)
        for start in range(0, len(missing), _BATCH):
            chunks = fetch(missing[start : start + _BATCH])
            self.add(chunks, embedder.embed([chunk.embedded_text for chunk in chunks]))

    def close(self) -> None:
        """Let go of the files."""
        self.words.close()
        self._client.close()


def discard(folder: Path, *, chroma_url: str | None) -> None:
    """Delete the indexes of a knowledge base that is closed, readable or not."""
    if chroma_url is not None:
        client = open_client(folder, chroma_url)
        ChromaIndex(client, _collection(folder)).drop()
        client.close()
    shutil.rmtree(folder, ignore_errors=True)


def _collection(folder: Path) -> str:
    return f"kb-{folder.name}"
