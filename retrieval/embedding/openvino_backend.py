"""Embedding through OpenVINO: the fastest way on most CPUs, at the precision of torch."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from retrieval.embedding.batching import embed_sorted, load_tokenizer
from retrieval.embedding.scripts import ReadableScripts
from retrieval.embedding.weights import ModelFiles
from retrieval.errors import EmbeddingError
from retrieval.lazy import Lazy
from retrieval.ports import Vectors

Precision = Literal["bf16", "fp32"]
_HINT = {"bf16": "bf16", "fp32": "f32"}


def import_openvino() -> Any:
    """OpenVINO with its usage statistics switched off: its import would otherwise send them."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None makes its import fail, as documented
    import openvino

    return openvino


class OpenVINOEmbedder:
    """Thread-safe, with one inference request per thread, which is slow to make.

    A single text, as a question is, has a compiled model of its own on one thread: in one shared with batches it would
    wait for the batch under way, ten times as long as it takes itself.
    """

    def __init__(self, files: ModelFiles, graph: Path, *, precision: Precision, batch_size: int) -> None:
        self._files, self._backend, self._batch_size = files, f"openvino-{precision}", batch_size
        self._tokenizer = load_tokenizer(str(files.tokenizer), files.max_tokens)
        self._scripts = ReadableScripts(self._tokenizer)
        core, model = _read(graph)
        options = {"INFERENCE_PRECISION_HINT": _HINT[precision], "PERFORMANCE_HINT": "LATENCY"}
        self._many = Lazy(lambda: _Requests(core.compile_model(model, "CPU", options)))
        self._one = Lazy(lambda: _Requests(core.compile_model(model, "CPU", {**options, "INFERENCE_NUM_THREADS": "1"})))
        self._dimension = int(model.outputs[0].partial_shape[1].get_length())

    @property
    def fingerprint(self) -> str:
        """See `Embedder.fingerprint`."""
        return fingerprint(self._files, self._backend, self._dimension)

    @property
    def dimension(self) -> int:
        """See `Embedder.dimension`."""
        return self._dimension

    @property
    def max_tokens(self) -> int:
        """See `Embedder.max_tokens`."""
        return self._files.max_tokens

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder.embed`."""
        return embed_sorted(
            texts,
            tokenizer=self._tokenizer,
            run=self._one().run if len(texts) == 1 else self._many().run,
            dimension=self._dimension,
            batch_size=self._batch_size,
        )

    def reads(self, text: str) -> float:
        """See `Embedder.reads`."""
        return self._scripts.share(text)


class _Requests:
    """A compiled model with one inference request per thread."""

    def __init__(self, model: Any) -> None:
        self._model, self._per_thread = model, threading.local()

    def run(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Vectors:
        """One vector per row."""
        if not hasattr(self._per_thread, "request"):
            self._per_thread.request = self._model.create_infer_request()
        vectors: Vectors = self._per_thread.request.infer([ids, mask])[0]
        return vectors


def fingerprint(files: ModelFiles, backend: str, dimension: int) -> str:
    """`model@weights/backend/dimension/unit`."""
    return f"{files.name}@{files.weights_sha256[:12]}/{backend}/{dimension}/unit"


def _read(graph: Path) -> tuple[Any, Any]:
    """OpenVINO's core, and the graph not yet compiled."""
    core = import_openvino().Core()
    try:
        return core, core.read_model(str(graph))
    except RuntimeError as error:
        raise EmbeddingError(
            f"OpenVINO cannot load the converted model {graph}.",
            hint="Delete that folder; it is made again at the next start.",
        ) from error
