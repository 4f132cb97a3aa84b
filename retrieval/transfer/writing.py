"""Writes a knowledge base to one file."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from retrieval.errors import StoreError, TransferError
from retrieval.parts import Parts
from retrieval.rebuild import Tell
from retrieval.transfer.manifest import DOCUMENTS, LIMITS, MANIFEST, VECTORS, Limits, Manifest, digest
from retrieval.transfer.opening import is_export
from retrieval.transfer.records import line
from retrieval.types import Document


def write_archive(parts: Parts, target: Path, tell: Tell, limits: Limits = LIMITS) -> int:
    """Write a knowledge base to `target`, which appears when it is whole; returns its size in bytes.

    Only an earlier export is written over. Raises TransferError, and StoreError when the stores do not agree.
    """
    _check(parts, target)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as file:
            _write(parts, file, tell, limits)
        unfinished.replace(target)
    except OSError as error:
        raise TransferError(f"{target} cannot be written ({error.strerror}).", hint="Choose another place.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return target.stat().st_size


def _check(parts: Parts, target: Path) -> None:
    if target.is_dir():
        raise TransferError(f"'{target}' is a folder, and an export is one file.", hint="Give the name of a file.")
    if os.path.lexists(target) and not is_export(target):
        raise TransferError(
            f"{target} is there already and is no exported knowledge base.", hint="Remove it, or give another name."
        )
    if not parts.catalogue.size(parts.row.id)[1]:
        raise TransferError(f"{parts.row.name!r} is empty.", hint="Ingest documents before exporting it.")
    if problems := parts.verify().problems:
        raise StoreError(f"The stores do not agree: {problems[0]}", hint="Run `kb verify --repair`, then export again.")


def _write(parts: Parts, file: zipfile.ZipFile, tell: Tell, limits: Limits) -> None:
    documents = parts.catalogue.documents(parts.row.id)
    _write_documents(parts, documents, file, tell, limits)
    chunks, dimension = _write_vectors(parts, documents, file)
    manifest = Manifest(
        name=parts.row.name,
        embedder=parts.catalogue.embedder(parts.row.id) or "",
        documents=len(documents),
        chunks=chunks,
        dimension=dimension,
        sha256={DOCUMENTS: digest(file, DOCUMENTS), VECTORS: digest(file, VECTORS)},
    )
    file.writestr(MANIFEST, manifest.model_dump_json(indent=1))


def _write_documents(
    parts: Parts, documents: list[Document], file: zipfile.ZipFile, tell: Tell, limits: Limits
) -> None:
    catalogue, number = parts.catalogue, parts.row.id
    places = catalogue.places_of(number)
    with file.open(DOCUMENTS, "w", force_zip64=True) as out:
        for done, document in enumerate(documents, start=1):
            docling, chunks = catalogue.docling_json(number, document.id), catalogue.chunks(number, document.id)
            record = line(document, places[document.id], docling, chunks)
            if len(record) > limits.line_bytes:
                raise TransferError(f"{document.source} is too large to export.", hint="Remove it, then export again.")
            out.write(record)
            tell(document.source, done, len(documents))


def _write_vectors(parts: Parts, documents: list[Document], file: zipfile.ZipFile) -> tuple[int, int]:
    """In the order of the chunks; returns how many there are, and their dimension."""
    dimension = chunks = 0
    with file.open(VECTORS, "w", force_zip64=True) as out:
        for document in documents:
            ids = [chunk.id for chunk in parts.catalogue.chunks(parts.row.id, document.id)]
            vectors = parts.indexes().vectors.fetch(ids)
            for chunk_id in ids:
                out.write(vectors[chunk_id].astype("<f4").tobytes())
                dimension, chunks = len(vectors[chunk_id]), chunks + 1
    return chunks, dimension
