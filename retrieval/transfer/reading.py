"""Reads an exported file, which may come from anywhere: nothing in it is taken at its word."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from retrieval.embedding.weights import BUNDLED_NAMES
from retrieval.errors import EmbedderMismatch, TransferError
from retrieval.parts import Parts
from retrieval.ports import Vectors
from retrieval.rebuild import Tell
from retrieval.stores.catalogue import KnowledgeBaseRow, Version
from retrieval.transfer.manifest import (
    BLOCK,
    DOCUMENTS,
    FLOAT_BYTES,
    LIMITS,
    VECTORS,
    Limits,
    Manifest,
    digest,
)
from retrieval.transfer.opening import check_members, damage, opened, read_manifest
from retrieval.transfer.records import Record

_UNIT = 1e-2
"""How far the length of a vector may be from 1."""


@dataclass(frozen=True)
class Archive:
    """An exported knowledge base whose every byte was checked against its manifest."""

    file: zipfile.ZipFile
    manifest: Manifest
    limits: Limits

    def row(self, name: str, configured: str | None) -> KnowledgeBaseRow:
        """What is recorded of it as `name`, but for an identity.

        Raises EmbedderMismatch when its model is neither the one configured nor on this machine: no file says what is
        to be fetched.
        """
        manifest, model = self.manifest, self.manifest.model
        if model not in (*BUNDLED_NAMES, configured) and not _is_folder(model):
            raise EmbedderMismatch(
                f"{self.file.filename} was made with the embedding model {model!r}, which is not here.",
                hint=f"If you trust that model, set ROUNDTABLE_EMBEDDING__MODEL={model} first.",
            )
        return KnowledgeBaseRow(id=0, name=name, uid="", embedder=manifest.embedder, generation=0, dirty=False)

    def unpack(self, parts: Parts, tell: Tell) -> None:
        """Write everything into an empty knowledge base. Raises TransferError when it is not what it says."""
        writer, manifest = parts.writer(), self.manifest
        for done, (version, vectors) in enumerate(self._versions(), start=1):
            writer.put([version], vectors)
            tell(version.document.source, done, manifest.documents)
        report = parts.verify()
        if not report.ok or (report.documents, report.chunks) != (manifest.documents, manifest.chunks):
            raise TransferError("What was unpacked is not what the manifest says.", hint="Export it again.")

    def _versions(self) -> Iterator[tuple[Version, Vectors]]:
        """Every document with the vectors of its chunks, of shape (chunks, dimension)."""
        seen: set[str] = set()
        with damage(self.file.filename), self.file.open(DOCUMENTS) as lines, self.file.open(VECTORS) as vectors:
            while line := lines.readline(self.limits.line_bytes + 1):
                if len(line) > self.limits.line_bytes:
                    raise ValueError(f"a document is larger than {self.limits.line_bytes} bytes")
                version = Record.model_validate_json(line).version()
                ids = [version.document.id, *(chunk.id for chunk in version.chunks)]
                if len(set(ids)) < len(ids) or not seen.isdisjoint(ids):
                    raise ValueError("two documents or chunks have the same id")
                seen.update(ids)
                yield version, _vectors(vectors, len(version.chunks), self.manifest.dimension)


@contextmanager
def open_archive(source: Path, limits: Limits = LIMITS) -> Iterator[Archive]:
    """Open an exported file and check it from end to end. Raises TransferError."""
    with opened(source) as file:
        with damage(str(source)):
            check_members(source, file, limits)
            manifest = read_manifest(source, file, limits)
            if file.getinfo(VECTORS).file_size != manifest.chunks * manifest.dimension * FLOAT_BYTES:
                raise ValueError(f"{VECTORS} is not of {manifest.chunks} vectors of {manifest.dimension} dimensions")
            for name, expected in manifest.sha256.items():
                if digest(file, name) != expected:
                    raise TransferError(
                        f"{source} is damaged: {name} does not hash to what its manifest says.", hint="Export it again."
                    )
        yield Archive(file, manifest, limits)


def _vectors(member: IO[bytes], rows: int, dimension: int) -> Vectors:
    size, data = rows * dimension * FLOAT_BYTES, bytearray()
    while len(data) < size and (block := member.read(min(BLOCK, size - len(data)))):
        data += block
    vectors = np.frombuffer(data, "<f4").astype(np.float32, copy=False).reshape(rows, dimension)
    if not np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=_UNIT):
        raise ValueError("a vector is not of unit length")
    return vectors


def _is_folder(name: str) -> bool:
    try:
        return Path(name).expanduser().is_dir()
    except (OSError, RuntimeError):
        return False
