"""What the arms of a search owe each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from retrieval.embedding.hashing import HashingEmbedder
from retrieval.pipeline import Pipeline
from retrieval.ports import Vectors
from retrieval.stores.chroma import ChromaIndex, open_client
from retrieval.stores.lexical import TantivyIndex
from retrieval.strategy import load_strategy
from retrieval.types import Query, SearchResult
from tests.retrieval.passages import make_hit

TEXTS = [f"The {beast} keeps {number} copper keys." for number, beast in enumerate(("otter", "heron", "lynx"), 130)]


class Forgetful(ChromaIndex):
    """An approximate index that never comes upon some of what it holds."""

    lost: frozenset[str] = frozenset()

    def search(self, vector: Vectors, k: int, document_ids: Sequence[str] | None = None) -> Mapping[str, float]:
        found = super().search(vector, k, document_ids)
        return {chunk_id: score for chunk_id, score in found.items() if chunk_id not in self.lost}


@pytest.fixture
def vectors(tmp_path: Path) -> Forgetful:
    index = Forgetful(open_client(tmp_path / "chroma", None), "kb-test")
    index.add(TEXTS, HashingEmbedder().embed(TEXTS), ["d"] * len(TEXTS))
    return index


def _search(vectors: Forgetful, folder: Path, text: str) -> SearchResult:
    words = TantivyIndex(folder / "words")
    words.add(TEXTS, TEXTS, ["d"] * len(TEXTS))
    hits = {text: make_hit(text, id=text) for text in TEXTS}
    pipeline = Pipeline(
        embedder=HashingEmbedder(),
        vectors=vectors,
        words=words,
        fetch=lambda ids: {i: (hits[i].chunk, hits[i].document) for i in ids},
    )
    query = Query(text=text, search_text=text, language="en")
    return pipeline.search(query, strategy=load_strategy("hybrid"), name="hybrid", k=3)


def test_what_the_vector_index_loses_keeps_its_similarity_when_its_words_are_found(
    vectors: Forgetful, tmp_path: Path
) -> None:
    whole = _search(vectors, tmp_path / "whole", TEXTS[0])
    vectors.lost = frozenset({TEXTS[0]})
    partly = _search(vectors, tmp_path / "partly", TEXTS[0])
    assert [hit.chunk.text for hit in partly.hits] == [hit.chunk.text for hit in whole.hits]
    assert partly.hits[0].scores["dense"] == pytest.approx(whole.hits[0].scores["dense"], abs=1e-3)
