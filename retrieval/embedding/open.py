"""Opens the embedder of the settings: converts and measures at the first use of a model, then only loads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from configs.settings import Backend, EmbeddingSettings, child_environment, model_cache
from retrieval.embedding.choice import Measurement, choose
from retrieval.embedding.weights import ModelFiles, locate
from retrieval.errors import EmbeddingError
from retrieval.ports import Embedder

ROOT = Path(__file__).resolve().parents[2]


def open_embedder(settings: EmbeddingSettings, *, backend: Backend | None = None) -> Embedder:
    """The embedder of the settings; `backend` (as an index records it) outranks `auto`. Raises EmbeddingError."""
    files = locate(settings.model)
    wanted = backend or settings.backend
    if wanted == "torch-fp32":
        return _torch(files, settings)
    folder = _converted(files, settings)
    name = choose(measurements(folder)) if wanted == "auto" else wanted
    if name == "torch-fp32":
        return _torch(files, settings)
    from retrieval.embedding.openvino_backend import OpenVINOEmbedder

    return OpenVINOEmbedder(
        files,
        folder / "model.xml",
        precision="bf16" if name == "openvino-bf16" else "fp32",
        batch_size=settings.batch_size,
    )


def measurements(folder: Path) -> list[Measurement]:
    """What was measured when the model in `folder` was converted."""
    return [Measurement(**row) for row in json.loads((folder / "measurements.json").read_text(encoding="utf-8"))]


def _torch(files: ModelFiles, settings: EmbeddingSettings) -> Embedder:
    from retrieval.embedding.torch_backend import TorchEmbedder

    return TorchEmbedder(files, batch_size=settings.batch_size)


def _converted(files: ModelFiles, settings: EmbeddingSettings) -> Path:
    folder = converted_folder(files)
    if not (folder / "measurements.json").exists():
        command = [sys.executable, "-m", "retrieval.embedding.convert"]
        arguments = [files.name, str(files.folder), str(folder), str(settings.batch_size)]
        done = subprocess.run(
            [*command, *arguments], cwd=ROOT, env=child_environment(), capture_output=True, text=True, check=False
        )
        if done.returncode and not (folder / "measurements.json").exists():
            last = (done.stderr.strip().splitlines() or ["no output"])[-1]
            raise EmbeddingError(
                f"The embedding model {files.name!r} could not be prepared: {last}",
                hint="Set ROUNDTABLE_EMBEDDING__BACKEND=torch-fp32 to use it without conversion.",
            )
    return folder


def converted_folder(files: ModelFiles) -> Path:
    """Where the converted model is, or will be: one folder per weights and OpenVINO version."""
    from importlib.metadata import version

    return model_cache() / f"{files.weights_sha256[:16]}-openvino-{version('openvino').split('-')[0]}"
