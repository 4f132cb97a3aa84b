"""What every index must do, whatever is behind it: subclass and give the fixture."""

from __future__ import annotations

import numpy as np
import pytest

from retrieval.ports import LexicalIndex, VectorIndex, Vectors


def unit(*values: float) -> Vectors:
    vector = np.array([values], dtype=np.float32)
    return vector / np.linalg.norm(vector)


AXES = np.vstack([unit(1, 0, 0), unit(0, 1, 0), unit(0, 0, 1)])


class VectorIndexContract:
    @pytest.fixture
    def index(self) -> VectorIndex:
        raise NotImplementedError

    def test_the_nearest_come_first_with_their_cosine(self, index: VectorIndex) -> None:
        index.add(["x", "y", "z"], AXES, ["d1", "d1", "d2"])
        found = index.search(unit(3, 4, 0)[0], 2)
        assert list(found) == ["y", "x"]
        assert found["y"] == pytest.approx(0.8, abs=1e-3)

    def test_it_looks_within_documents(self, index: VectorIndex) -> None:
        index.add(["x", "y", "z"], AXES, ["d1", "d1", "d2"])
        assert list(index.search(unit(1, 0, 0)[0], 3, ["d2"])) == ["z"]
        assert index.search(unit(1, 0, 0)[0], 3, []) == {}

    def test_an_id_added_again_is_replaced(self, index: VectorIndex) -> None:
        index.add(["x"], AXES[:1], ["d1"])
        index.add(["x"], AXES[1:2], ["d1"])
        assert index.search(unit(0, 1, 0)[0], 3) == pytest.approx({"x": 1.0}, abs=1e-3)

    def test_deleted_ids_are_gone_and_unknown_ones_ignored(self, index: VectorIndex) -> None:
        index.add(["x", "y"], AXES[:2], ["d1", "d1"])
        index.delete(["x", "never"])
        assert index.ids() == {"y"}

    def test_vectors_come_back(self, index: VectorIndex) -> None:
        index.add(["x", "y"], AXES[:2], ["d1", "d1"])
        found = index.fetch(["y", "never", "x"])
        assert {name: vector.tolist() for name, vector in found.items()} == {"x": [1, 0, 0], "y": [0, 1, 0]}

    def test_an_empty_index_finds_nothing(self, index: VectorIndex) -> None:
        assert index.search(unit(1, 0, 0)[0], 5) == {}
        assert index.ids() == set()

    def test_more_than_one_page_of_ids_is_held(self, index: VectorIndex) -> None:
        rng = np.random.default_rng(0)
        vectors = rng.normal(size=(6000, 3)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        ids = [f"c{i}" for i in range(6000)]
        index.add(ids, vectors, ["d"] * 6000)
        assert index.ids() == set(ids)
        index.delete(ids[:5500])
        assert index.ids() == set(ids[5500:])


class LexicalIndexContract:
    @pytest.fixture
    def index(self) -> LexicalIndex:
        raise NotImplementedError

    @pytest.mark.parametrize(
        ("query", "text"),
        [
            ("warranties", "the warranty lasts two years"),
            ("Error E-1234", "code E-1234 means no signal"),
            ("gates NOT AND", "not a query operator but words: NAND gates"),
            ("保修期", "本产品的保修期为两年"),
            ("税", "含税价格"),
            ("café", "the cafe is open"),
            ("ＡＢＣ", "abc in full width"),
        ],
        ids=["stem", "code", "operators", "chinese", "one-character", "accent", "full-width"],
    )
    def test_words_find_their_text(self, index: LexicalIndex, query: str, text: str) -> None:
        index.add(["other", "wanted"], ["zebra crossing 斑马", text], ["d1", "d2"])
        assert list(index.search(query, 5)) == ["wanted"]

    @pytest.mark.parametrize("query", ["", "   ", "?!", "\x00", '"(', "the of"], ids=repr)
    def test_a_query_without_words_finds_nothing(self, index: LexicalIndex, query: str) -> None:
        index.add(["x"], ["the text"], ["d"])
        assert index.search(query, 5) == {}

    def test_the_better_match_comes_first(self, index: LexicalIndex) -> None:
        index.add(["a", "b"], ["wind and waves", "wind speed and wind direction"], ["d1", "d2"])
        assert list(index.search("wind speed", 5)) == ["b", "a"]

    def test_it_looks_within_documents_without_changing_scores(self, index: LexicalIndex) -> None:
        index.add(["a", "b"], ["wind here", "wind there"], ["d1", "d2"])
        everywhere = index.search("wind", 5)
        assert index.search("wind", 5, ["d2"]) == {"b": everywhere["b"]}
        assert index.search("wind", 5, []) == {}

    def test_an_id_added_again_is_replaced(self, index: LexicalIndex) -> None:
        index.add(["x"], ["first words"], ["d"])
        index.add(["x"], ["second words"], ["d"])
        assert index.search("first", 5) == {}
        assert list(index.search("second", 5)) == ["x"]

    def test_deleted_ids_are_gone_and_unknown_ones_ignored(self, index: LexicalIndex) -> None:
        index.add(["x", "y"], ["words", "words"], ["d", "d"])
        index.delete(["x", "never"])
        assert index.ids() == {"y"}
