"""A knowledge base as one file: a ZIP of a manifest, the documents with their chunks, and the vectors."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.errors import StoreError, TransferError
from retrieval.parts import Parts
from retrieval.ports import Vectors
from retrieval.rebuild import Tell
from retrieval.stores.catalogue import Place, Version
from retrieval.types import Chunk, Document

FORMAT = "roundtable-knowledge-base"
FORMAT_VERSION = 1
_MANIFEST, _DOCUMENTS, _VECTORS = "manifest.json", "documents.jsonl", "vectors.f32"
_BLOCK = 1 << 20
_UNIT = 1e-2
"""How far the length of a vector may be from 1."""


def write_archive(parts: Parts, target: Path, tell: Tell) -> int:
    """Write a knowledge base to `target`, which appears when it is whole; returns its size in bytes."""
    if not parts.catalogue.embedder(parts.row.id):
        raise TransferError(f"{parts.row.name!r} is empty.", hint="Ingest documents before exporting it.")
    if problems := parts.verify().problems:
        raise StoreError(f"The stores do not agree: {problems[0]}", hint="Run `kb verify --repair`, then export again.")
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as file:
            _write(parts, file, tell)
        unfinished.replace(target)
    except OSError as error:
        raise TransferError(f"{target} cannot be written ({error.strerror}).", hint="Choose another place.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return target.stat().st_size


@dataclass(frozen=True)
class Archive:
    """An exported knowledge base whose every byte was checked against its manifest."""

    file: zipfile.ZipFile
    manifest: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What it was called."""
        return str(self.manifest["name"])

    @property
    def embedder(self) -> str:
        """The fingerprint of the embedder its vectors are of."""
        return str(self.manifest["embedder"])

    def unpack(self, parts: Parts, tell: Tell) -> None:
        """Write everything into an empty knowledge base. Raises TransferError when it is not what it says."""
        writer, total = parts.writer(), int(self.manifest["documents"])
        width = 4 * int(self.manifest["dimension"])
        with _damage(self.file.filename), self.file.open(_DOCUMENTS) as lines, self.file.open(_VECTORS) as vectors:
            for done, line in enumerate(lines, start=1):
                version = _version(json.loads(line))
                data = vectors.read(width * len(version.chunks))
                writer.put([version], _checked(np.frombuffer(data, np.float32).reshape(len(version.chunks), -1)))
                tell(version.document.source, done, total)
        report = parts.verify()
        if not report.ok or (report.documents, report.chunks) != (total, self.manifest["chunks"]):
            raise TransferError("What was unpacked is not what the manifest says.", hint="Export it again.")


@contextmanager
def open_archive(source: Path) -> Iterator[Archive]:
    """Open an exported file and check it from end to end. Raises TransferError."""
    try:
        file = zipfile.ZipFile(source)
    except (OSError, zipfile.BadZipFile) as error:
        raise TransferError(
            f"{source} is not an exported knowledge base ({error}).", hint="Use `kb export`."
        ) from error
    with file:
        with _damage(str(source)):
            manifest = json.loads(file.read(_MANIFEST))
            if manifest["format"] != FORMAT or manifest["version"] != FORMAT_VERSION:
                raise TransferError(
                    f"{source} is of format {manifest['format']} {manifest['version']}; "
                    f"{FORMAT} {FORMAT_VERSION} can be read.",
                    hint="Export it again with this version.",
                )
            for name in (_DOCUMENTS, _VECTORS):
                if _digest(file, name) != manifest["sha256"][name]:
                    raise TransferError(f"{source} is damaged: {name} does not hash to what its manifest says.")
        yield Archive(file, manifest)


def _write(parts: Parts, file: zipfile.ZipFile, tell: Tell) -> None:
    catalogue, number = parts.catalogue, parts.row.id
    documents = catalogue.documents(number)
    with file.open(_DOCUMENTS, "w", force_zip64=True) as out:
        for done, record in enumerate(_records(parts, documents), start=1):
            out.write(json.dumps(record, ensure_ascii=True).encode() + b"\n")
            tell(record["document"]["source"], done, len(documents))
    dimension = chunks = 0
    with file.open(_VECTORS, "w", force_zip64=True) as out:
        for document in documents:
            ids = [chunk.id for chunk in catalogue.chunks(number, document.id)]
            vectors = parts.indexes().vectors.fetch(ids)
            for chunk_id in ids:
                out.write(vectors[chunk_id].astype("<f4").tobytes())
                dimension, chunks = len(vectors[chunk_id]), chunks + 1
    manifest = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "name": parts.row.name,
        "embedder": catalogue.embedder(number),
        "documents": len(documents),
        "chunks": chunks,
        "dimension": dimension,
        "sha256": {name: _digest(file, name) for name in (_DOCUMENTS, _VECTORS)},
    }
    file.writestr(_MANIFEST, json.dumps(manifest, indent=1))


def _records(parts: Parts, documents: Iterable[Document]) -> Iterator[dict[str, Any]]:
    catalogue, number = parts.catalogue, parts.row.id
    places = defaultdict(list)
    for location, (source, document_id) in catalogue.places(number).items():
        places[document_id].append((location, source))
    for document in documents:
        yield {
            "document": asdict(document),
            "places": places[document.id],
            "docling": catalogue.docling_json(number, document.id),
            "chunks": [asdict(chunk) for chunk in catalogue.chunks(number, document.id)],
        }


def _version(record: Mapping[str, Any]) -> Version:
    document = {**record["document"], "copies": (), "problems": tuple(record["document"]["problems"])}
    return Version(
        document=Document(**document),
        docling_json=str(record["docling"]),
        chunks=[_chunk(chunk) for chunk in record["chunks"]],
        places=[Place(str(location), str(source)) for location, source in record["places"]],
    )


def _chunk(values: Mapping[str, Any]) -> Chunk:
    boxes = {int(page): tuple(tuple(box) for box in found) for page, found in values["boxes"].items()}
    return Chunk(**{**values, "boxes": boxes, "headings": tuple(values["headings"])})


def _checked(vectors: Vectors) -> Vectors:
    if len(vectors) and not np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=_UNIT):
        raise ValueError("a vector is not of unit length")
    return vectors


def _digest(file: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with file.open(name) as member:
        while block := member.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def _damage(name: str | None) -> Iterator[None]:
    """Whatever does not read as an export is damage."""
    try:
        yield
    except (KeyError, ValueError, TypeError, AttributeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise TransferError(f"{name} is not a whole export ({error}).", hint="Export it again.") from error
