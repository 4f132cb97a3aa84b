"""Makes a knowledge base anew beside itself: the kept structure of every document, cut and embedded again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from retrieval import identity
from retrieval.errors import ParseError, StoreError
from retrieval.ingest import BATCH_CHUNKS
from retrieval.parts import Parts
from retrieval.stores.catalogue import Version
from retrieval.types import ChunkDraft, Document

Tell = Callable[[str, int, int], None]
"""What is done now, how much of it is done and how much there is."""


def rebuild(old: Parts, new: Parts, tell: Tell) -> Parts:
    """Fill `new` with the documents of `old`. Raises ParseError or StoreError when it cannot be made whole."""
    writer, done = new.writer(), 0
    total, _ = old.catalogue.size(old.row.id)
    for batch in _batches(_versions(old, new)):
        writer.put(batch)
        done += len(batch)
        tell(batch[-1].document.source, done, total)
    report = new.verify()
    if not report.ok or report.documents != total:
        raise StoreError(f"The new index is not whole: {' '.join(report.problems)}", hint="Try again.")
    return new


def _versions(old: Parts, new: Parts) -> Iterator[Version]:
    catalogue, number = old.catalogue, old.row.id
    documents = {document.id: document for document in catalogue.documents(number)}
    places, sent = catalogue.places_of(number), dict[str, str]()

    def structures() -> Iterator[tuple[str, str]]:
        for document_id in documents:
            sent[document_id] = catalogue.docling_json(number, document_id)
            yield document_id, sent[document_id]

    with new.workshop.parsers(None) as parsers:
        for document_id, drafts in parsers.cut_all(structures()):
            yield Version(
                document=documents[document_id],
                docling_json=sent.pop(document_id),
                chunks=[
                    identity.chunk(draft, document=document_id, position=position)
                    for position, draft in enumerate(_cut(documents[document_id], drafts))
                ],
                places=places[document_id],
            )


def _cut(document: Document, drafts: Sequence[ChunkDraft] | ParseError) -> Sequence[ChunkDraft]:
    if isinstance(drafts, ParseError):
        raise ParseError(f"{document.source} cannot be cut again: {drafts.message}", hint=drafts.hint)
    return drafts


def _batches(versions: Iterator[Version]) -> Iterator[list[Version]]:
    batch: list[Version] = []
    for version in versions:
        batch.append(version)
        if sum(len(each.chunks) for each in batch) >= BATCH_CHUNKS:
            yield batch
            batch = []
    if batch:
        yield batch
