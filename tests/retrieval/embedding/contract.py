"""What every embedder must do: subclass and give the fixture."""

from __future__ import annotations

import numpy as np
import pytest

from retrieval.ports import Embedder

TEXTS = [
    "A light on the coast.",
    "灯塔",
    "",
    "A much longer sentence about lamps, lenses and the sea. " * 40,
    "A light on the coast.",
]


class EmbedderContract:
    @pytest.fixture
    def embedder(self) -> Embedder:
        raise NotImplementedError

    def test_one_unit_vector_per_text_in_order(self, embedder: Embedder) -> None:
        vectors = embedder.embed(TEXTS)
        assert vectors.shape == (len(TEXTS), embedder.dimension)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors[[0, 1, 3]], axis=1) == pytest.approx(1, abs=1e-2)
        assert vectors[0] == pytest.approx(vectors[4], abs=1e-3)

    def test_a_batch_changes_no_vector(self, embedder: Embedder) -> None:
        together = embedder.embed(TEXTS)
        alone = np.vstack([embedder.embed([text]) for text in TEXTS])
        assert together == pytest.approx(alone, abs=5e-3)

    def test_no_text_is_no_vector(self, embedder: Embedder) -> None:
        assert embedder.embed([]).shape == (0, embedder.dimension)

    def test_special_tokens_in_a_text_are_harmless(self, embedder: Embedder) -> None:
        assert np.isfinite(embedder.embed(["<|endoftext|> [SEP] [PAD] \x00"])).all()

    def test_the_fingerprint_tells_the_dimension(self, embedder: Embedder) -> None:
        assert str(embedder.dimension) in embedder.fingerprint
