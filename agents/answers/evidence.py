"""The evidence of a conversation: every passage keeps the number it was first shown under."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from retrieval.context import number, pack
from retrieval.types import Chunk, Document, Hit, Passage

if TYPE_CHECKING:
    from agents.ports import Ledger


@dataclass
class Evidence:
    """`ledger` knows the numbers of earlier runs; `shown` are the passages before the agents in the current one."""

    ledger: Ledger
    shown: tuple[Passage, ...] = ()
    _new: dict[str, Passage] = field(default_factory=dict)

    def show(self, hits: Sequence[Hit], *, budget_tokens: int) -> tuple[Passage, ...]:
        """Put hits that are not shown yet before the agents, as far as they fit; returns those, numbered."""
        there = {passage.hit.chunk.id for passage in self.shown}
        new = [hit for hit in hits if hit.chunk.id not in there]
        known = self._known(hit.chunk.id for hit in new)
        fitting = pack(number(new, known), budget_tokens=budget_tokens)
        passages = number([passage.hit for passage in fitting], known, after=self.last)
        self._new.update({passage.hit.chunk.id: passage for passage in passages})
        self.shown += passages
        return passages

    @property
    def last(self) -> int:
        """The greatest number given in the conversation."""
        return max([self.ledger.last, *(passage.marker for passage in tuple(self._new.values()))])

    def unseen(self, hits: Sequence[Hit]) -> list[Hit]:
        """Those of `hits` that were never shown in the conversation."""
        known = {passage.hit.chunk.id for passage in self._known(hit.chunk.id for hit in hits)}
        return [hit for hit in hits if hit.chunk.id not in known]

    def again(self, markers: Collection[int]) -> tuple[Passage, ...]:
        """Put passages of those numbers before the agents once more; returns them."""
        there = {passage.marker for passage in self.shown}
        passages = tuple(self.numbered([marker for marker in markers if marker not in there]))
        self.shown += passages
        return passages

    def numbered(self, markers: Collection[int]) -> Sequence[Passage]:
        """The passages of the conversation that were given those numbers, in their order."""
        found = {passage.marker: passage for passage in self.ledger.of_markers(markers)}
        found.update({p.marker: p for p in tuple(self._new.values()) if p.marker in markers})
        return [found[marker] for marker in sorted(found)]

    def _known(self, chunk_ids: Iterable[str]) -> list[Passage]:
        wanted = set(chunk_ids)
        found = {passage.hit.chunk.id: passage for passage in self.ledger.of_chunks(wanted)}
        return list({**found, **{id: p for id, p in self._new.items() if id in wanted}}.values())


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


def recall(described: Mapping[str, Any], query: str) -> Passage:
    """The passage that `describe` described, as far as a reader of the conversation needs it."""
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
