"""The real model on every backend: same contract, same vectors."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from configs.settings import Backend, EmbeddingSettings
from retrieval.embedding.cached import CachedEmbedder
from retrieval.embedding.choice import Measurement, choose
from retrieval.embedding.convert import probe_texts
from retrieval.embedding.hashing import HashingEmbedder
from retrieval.embedding.open import converted_folder, measurements, open_embedder
from retrieval.embedding.weights import BUNDLED_NAMES, ModelFiles, locate
from retrieval.errors import EmbeddingError
from retrieval.ports import Embedder, Vectors
from tests.retrieval.embedding.contract import TEXTS, EmbedderContract


@lru_cache
def _open(backend: Backend) -> Embedder:
    return open_embedder(EmbeddingSettings(backend=backend))


class TestHashing(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return HashingEmbedder()


class TestTorch(EmbedderContract):
    @pytest.fixture(scope="module")
    @staticmethod
    def embedder() -> Embedder:
        return _open("torch-fp32")


def test_loading_the_model_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    _open("torch-fp32")
    assert capfd.readouterr() == ("", "")


class TestOpenVINO(EmbedderContract):
    @pytest.fixture(scope="module", params=["openvino-fp32", "openvino-bf16"])
    @staticmethod
    def embedder(request: pytest.FixtureRequest) -> Embedder:
        return _open(request.param)


class TestCached(EmbedderContract):
    @pytest.fixture
    def embedder(self, tmp_path: Path) -> Embedder:
        return CachedEmbedder(HashingEmbedder(), tmp_path / "vectors.sqlite")


def test_the_backend_chosen_equals_torch_and_is_the_fastest_that_does() -> None:
    chosen = _open("auto")
    rows = {row.backend: row for row in measurements(converted_folder(locate(BUNDLED_NAMES[0])))}
    backend = chosen.fingerprint.split("/")[1]
    assert backend == choose(list(rows.values()))
    assert rows[backend].equals_torch
    texts = probe_texts()
    cosine = np.sum(chosen.embed(texts) * _open("torch-fp32").embed(texts), axis=1)
    assert cosine.min() > 0.9995


def test_openvino_is_loaded_without_its_usage_statistics() -> None:
    _open("openvino-fp32")
    assert sys.modules["openvino_telemetry"] is None


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [("torch-fp32", 20, 1, 1), ("openvino-fp32", 50, 1, 1), ("openvino-bf16", 90, 0.9999, 0.99999)],
            "openvino-bf16",
        ),
        (
            [("torch-fp32", 20, 1, 1), ("openvino-fp32", 50, 1, 1), ("openvino-bf16", 52, 0.9999, 0.99999)],
            "openvino-fp32",
        ),
        ([("torch-fp32", 20, 1, 1), ("openvino-fp32", 50, 1, 1), ("int8", 200, 0.90, 0.9976)], "openvino-fp32"),
        ([("torch-fp32", 20, 1, 1), ("openvino-fp32", 21, 1, 1)], "torch-fp32"),
    ],
    ids=["fastest", "not worth it", "not equal", "torch"],
)
def test_the_rule_of_choice(rows: list[tuple[str, float, float, float]], expected: str) -> None:
    assert choose([Measurement(*row) for row in rows]) == expected


class _Counting(HashingEmbedder):
    seen = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.seen += len(texts)
        return super().embed(texts)


def test_the_cache_embeds_each_text_once_also_after_a_restart(tmp_path: Path) -> None:
    first = CachedEmbedder(inner := _Counting(), tmp_path / "v.sqlite")
    vectors = first.embed(TEXTS)
    assert inner.seen == len(set(TEXTS))
    first.close()
    second = CachedEmbedder(inner := _Counting(), tmp_path / "v.sqlite")
    assert np.array_equal(second.embed(TEXTS), vectors)
    assert inner.seen == 0


def test_the_cache_never_mixes_models(tmp_path: Path) -> None:
    CachedEmbedder(HashingEmbedder(64), tmp_path / "v.sqlite").embed(TEXTS)
    assert CachedEmbedder(HashingEmbedder(32), tmp_path / "v.sqlite").embed(TEXTS).shape == (len(TEXTS), 32)


@pytest.mark.parametrize(
    ("text", "share"),
    [("What is the warranty?", 1.0), ("保修期是多久", 0.0), ("iPhone 的保修期", 0.6), ("2024", 1.0), ("Гарантия", 0.0)],
)
def test_it_knows_which_scripts_it_reads(text: str, share: float) -> None:
    assert _open("openvino-fp32").reads(text) == pytest.approx(share, abs=0.01)


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path) -> None:
    folder = locate(BUNDLED_NAMES[0]).folder
    for name in ("tokenizer.json", "model.safetensors"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with (tmp_path / "model.safetensors").open("r+b") as file:
        file.seek(5000)
        file.write(b"\x00\x01\x02\x03")
    with pytest.raises(EmbeddingError, match=r"model\.safetensors .* is not the file that was published"):
        ModelFiles(BUNDLED_NAMES[0], tmp_path).verify()


def test_an_unknown_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match="nobody/nothing"):
        open_embedder(EmbeddingSettings(model="nobody/nothing"))


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match=r"has no tokenizer\.json"):
        open_embedder(EmbeddingSettings(model=str(tmp_path)))
