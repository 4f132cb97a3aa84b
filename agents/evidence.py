"""The evidence of a conversation: every passage keeps the number it was first shown under."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.events import Event, Retrieved
from retrieval.context import number, pack
from retrieval.types import Chunk, Document, Hit, Passage


@dataclass
class Evidence:
    """`known` are all passages of the conversation, `shown` those in front of the agents in the current run."""

    known: tuple[Passage, ...] = ()
    shown: tuple[Passage, ...] = ()

    def show(self, hits: Sequence[Hit], *, budget_tokens: int) -> tuple[Passage, ...]:
        """Put hits that are not shown yet before the agents, as far as they fit; returns those, numbered."""
        there = {passage.hit.chunk.id for passage in self.shown}
        new = [hit for hit in hits if hit.chunk.id not in there]
        fitting = pack(number(new, self.known), budget_tokens=budget_tokens)
        passages = number([passage.hit for passage in fitting], self.known)
        markers = {passage.marker for passage in self.known}
        self.known += tuple(passage for passage in passages if passage.marker not in markers)
        self.shown += passages
        return passages


def describe(passage: Passage) -> dict[str, Any]:
    """A passage as it stands in a `Retrieved` event."""
    chunk, document = passage.hit.chunk, passage.hit.document
    return {
        "marker": passage.marker,
        "chunk_id": chunk.id,
        "document_id": document.id,
        "source": document.source,
        "copies": list(document.copies),
        "page": chunk.page,
        "boxes": {str(page): [list(box) for box in boxes] for page, boxes in chunk.boxes.items()},
        "headings": list(chunk.headings),
        "text": chunk.text,
        "scores": dict(passage.hit.scores),
    }


def known_passages(events: Iterable[Event]) -> tuple[Passage, ...]:
    """The passages a conversation's log has numbered so far, in the order of their first showing."""
    found: dict[int, Passage] = {}
    for event in events:
        if isinstance(event, Retrieved):
            for description in event.passages:
                found.setdefault(description["marker"], _recall(description, event.query))
    return tuple(found.values())


def _recall(described: Mapping[str, Any], query: str) -> Passage:
    document = Document(
        id=described["document_id"],
        source=described["source"],
        copies=tuple(described.get("copies", ())),
        location="",
        content_hash="",
        media_type="",
        parser="",
        pages=0,
        title="",
        language="",
    )
    chunk = Chunk(
        id=described["chunk_id"],
        document_id=document.id,
        position=0,
        text=described["text"],
        embedded_text=described["text"],
        headings=tuple(described["headings"]),
        page=described["page"],
        page_last=described["page"],
        boxes={int(page): tuple(tuple(box) for box in boxes) for page, boxes in described["boxes"].items()},
        tokens=0,
        kind="text",
    )
    hit = Hit(chunk=chunk, document=document, rank=0, scores=described["scores"], query=query)
    return Passage(marker=described["marker"], hit=hit)
