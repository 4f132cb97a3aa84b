"""Converts a model for OpenVINO and measures every backend on this CPU; run once per model, in its own process.

A process of its own because torch and transformers cost seconds to import and most of a gigabyte that no later step
needs.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.embedding.choice import Measurement
from retrieval.embedding.openvino_backend import OpenVINOEmbedder, import_openvino
from retrieval.embedding.torch_backend import TorchEmbedder, load_sentence_transformer
from retrieval.embedding.weights import ModelFiles
from retrieval.ports import Vectors

GRAPH, MEASUREMENTS = "model.xml", "measurements.json"

PROBE_TEXTS = 48
_SENTENCE = (
    "the warranty of every instrument covers two years from delivery but not damage by water salt or fire unless the "
    "owner has asked for inspection in writing and paid 42 euros before 7 March 2025 to Dr. Okafor at the harbour"
)


def probe_texts() -> list[str]:
    """Texts of every length the model will see, from two words to more than it reads."""
    words = _SENTENCE.split()
    return [" ".join(words[(i + j) % len(words)] for j in range(2 + 5 * i)) for i in range(PROBE_TEXTS)]


def convert(files: ModelFiles, target: Path, *, batch_size: int) -> None:
    """Write graph and measurements into `target`, all or nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=target.parent))
    try:
        _write_graph(files, work / GRAPH)
        rows = [asdict(row) for row in _measure(files, work / GRAPH, batch_size=batch_size)]
        (work / MEASUREMENTS).write_text(json.dumps(rows, indent=1), encoding="utf-8")
        work.replace(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_graph(files: ModelFiles, path: Path) -> None:
    import torch

    class Embedding(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            return torch.nn.functional.normalize(self.model(features)["sentence_embedding"], p=2, dim=1)

    ids = torch.randint(100, 1000, (2, 16))
    mask = torch.ones_like(ids)
    mask[1, 9:] = 0
    openvino = import_openvino()
    module = Embedding(load_sentence_transformer(files)).eval()
    graph = openvino.convert_model(module, example_input={"input_ids": ids, "attention_mask": mask})
    openvino.save_model(graph, str(path), compress_to_fp16=False)


def _measure(files: ModelFiles, graph: Path, *, batch_size: int) -> list[Measurement]:
    texts = probe_texts()
    backends: dict[str, Callable[[], Any]] = {
        "torch-fp32": lambda: TorchEmbedder(files, batch_size=batch_size),
        "openvino-fp32": lambda: OpenVINOEmbedder(files, graph, precision="fp32", batch_size=batch_size),
        "openvino-bf16": lambda: OpenVINOEmbedder(files, graph, precision="bf16", batch_size=batch_size),
    }
    reference: Vectors | None = None
    rows = []
    for name, make in backends.items():
        embedder = make()
        embedder.embed(texts[:8])
        started = time.perf_counter()
        vectors = embedder.embed(texts)
        seconds = time.perf_counter() - started
        reference = vectors if reference is None else reference
        cosine = np.sum(vectors * reference, axis=1)
        rows.append(Measurement(name, len(texts) / seconds, float(cosine.min()), float(cosine.mean())))
    return rows


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    _name, _folder, _target, _batch_size = sys.argv[1:]
    convert(ModelFiles(_name, Path(_folder)), Path(_target), batch_size=int(_batch_size))
