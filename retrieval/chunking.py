"""Cuts a document into chunks fit for citing, counted in the embedder's own tokens.

Docling's chunkers walk the structure; what is decided here is where a passage that is too long is cut, what stands
above it for the embedder, and which neighbours share a chunk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docling_core.transforms.chunker.doc_chunk import DocChunk, DocMeta
from docling_core.transforms.chunker.hierarchical_chunker import (
    ChunkingDocSerializer,
    ChunkingSerializerProvider,
    HierarchicalChunker,
)
from docling_core.transforms.chunker.hybrid_chunker import HybridChunker
from docling_core.transforms.serializer.base import SerializationResult
from docling_core.transforms.serializer.markdown import (
    MarkdownInlineSerializer,
    MarkdownParams,
    MarkdownTableSerializer,
)
from docling_core.types.doc import (
    ContentLayer,
    DocItem,
    DocItemLabel,
    DoclingDocument,
    ProvenanceItem,
    TableItem,
    TitleItem,
)

from retrieval.cutting import cut, pack
from retrieval.errors import ParseError
from retrieval.language import CJK
from retrieval.parsing.embedder_tokens import EmbedderTokens
from retrieval.types import Box, ChunkDraft, ChunkKind

CONTEXT_SHARE = 3
"""Title and headings take at most one third of a chunk; longer ones are shortened for the embedder."""

_KINDS: dict[DocItemLabel, ChunkKind] = {
    DocItemLabel.TABLE: "table",
    DocItemLabel.DOCUMENT_INDEX: "table",
    DocItemLabel.CODE: "code",
    DocItemLabel.PICTURE: "figure",
    DocItemLabel.CHART: "figure",
}
_PLAIN = MarkdownParams(
    compact_tables=True,
    escape_html=False,
    escape_underscores=False,
    image_placeholder="",
    include_formatting=False,
    include_hyperlinks=False,
)
_SPURIOUS_BLANK = re.compile(rf"(?<=[{CJK}]) (?=[{CJK}])| (?=[.,;:!?)\]]+(?:\s|$))|(?<=[(\[]) ")
_FENCE = "```"
_SLIDES, _SHEETS = ".presentationml.", ".spreadsheetml."
_EMU_PER_POINT = 12_700
_EDGE = 40
"""Characters at either end of an item that show it stands, in part, in a piece."""


class Chunker:
    """Makes chunks of at most `max_tokens` tokens of one embedder, special tokens and headings included."""

    def __init__(self, tokenizer: Path, max_tokens: int) -> None:
        self._tokens = EmbedderTokens.load(tokenizer, max_tokens)

    def chunks(self, document: DoclingDocument) -> tuple[ChunkDraft, ...]:
        """The chunks in reading order; together they hold every word of the document's body."""
        citable = _Citable(tokenizer=self._tokens, serializer_provider=_Serializers(), title=document_title(document))
        drafts = (_draft(chunk, citable, document) for chunk in citable.chunk(document))
        return tuple(draft for draft in drafts if draft.text)


def document_title(document: DoclingDocument) -> str | None:
    """The text of the first title item, on the page or else in the metadata of a web page."""
    titles = [item for item in document.texts if isinstance(item, TitleItem) and item.text.strip()]
    titles.sort(key=lambda title: title.content_layer != ContentLayer.BODY)
    return titles[0].text.strip() if titles else None


class _Inline(MarkdownInlineSerializer):  # type: ignore[misc]  # docling is not type-checked
    """Words in different type joined as they were written: no blank before a comma or between Chinese characters."""

    def serialize(self, **kwargs: Any) -> SerializationResult:
        result = super().serialize(**kwargs)
        result.text = _SPURIOUS_BLANK.sub("", result.text)
        return result


class _Serializers(ChunkingSerializerProvider):  # type: ignore[misc]  # docling is not type-checked
    def get_serializer(self, doc: DoclingDocument) -> ChunkingDocSerializer:
        return ChunkingDocSerializer(
            doc=doc, params=_PLAIN, table_serializer=MarkdownTableSerializer(), inline_serializer=_Inline()
        )


class _Citable(HybridChunker):  # type: ignore[misc]  # docling is not type-checked
    """HybridChunker with the document's title above every chunk, cuts between sentences, and pages kept apart."""

    tokenizer: EmbedderTokens
    always_emit_headings: bool = True
    title: str | None = None

    def chunk(self, dl_doc: DoclingDocument, **_: Any) -> Iterator[DocChunk]:
        """Pieces that fit, neighbours under the same headings joined; a slide or a sheet keeps to itself."""
        apart = _is(dl_doc, _SLIDES) or _is(dl_doc, _SHEETS)
        last: DocChunk | None = None
        for piece in self._pieces(dl_doc):
            joined = _join(last, piece) if last and _belong(last, piece, apart=apart) else None
            if last and not (joined and self._fits(joined)):
                yield last
                joined = None
            last = joined or piece
        if last:
            yield last

    def path(self, chunk: DocChunk) -> tuple[str, ...]:
        """The headings above a chunk, outermost first, the document's title at their head."""
        headings = tuple(heading for heading in chunk.meta.headings or () if heading.strip())
        return headings if self.title is None or headings[:1] == (self.title,) else (self.title, *headings)

    def contextualize(self, chunk: DocChunk) -> str:
        """What the embedder reads: headings and text, one below the other."""
        headings = self.tokenizer.shortened(self.path(chunk), self.max_tokens // CONTEXT_SHARE)
        return "\n".join([*headings, chunk.text] if chunk.text else headings)

    def segment(self, doc_chunk: DocChunk, available_length: int, doc_serializer: ChunkingDocSerializer) -> list[str]:
        """The pieces of one item; a table's hold whole rows or columns where they can."""
        tables = [item for item in doc_chunk.meta.doc_items if isinstance(item, TableItem)]
        if tables:
            alone = DocChunk(text=doc_chunk.text, meta=DocMeta(doc_items=tables[:1]))
            rows = self._rows(doc_chunk.text, available_length, doc_serializer)
            return rows or super().segment(alone, available_length, doc_serializer)
        if doc_chunk.text.startswith(_FENCE) and doc_chunk.text.endswith(_FENCE):
            return self._code(doc_chunk.text, available_length)
        return cut(doc_chunk.text, available_length, self.tokenizer.spans)

    def _pieces(self, document: DoclingDocument) -> Iterator[DocChunk]:
        serializer = self.serializer_provider.get_serializer(doc=document)
        walk = HierarchicalChunker(serializer_provider=self.serializer_provider, always_emit_headings=True)
        for chunk in walk.chunk(document):
            yield from [chunk] if self._fits(chunk) else self._fitting(chunk, serializer)

    def _fitting(self, chunk: DocChunk, serializer: ChunkingDocSerializer) -> list[DocChunk]:
        """Cut by the item's own rules, or anywhere if its rules give no piece that fits."""

        def anywhere(limit: int) -> list[str]:
            return cut(chunk.text, limit, self.tokenizer.spans)

        for segment in (lambda limit: self.segment(chunk, limit, serializer), anywhere):
            limit = self.max_tokens - self._size(DocChunk(text="", meta=chunk.meta))
            while limit > 0:
                texts = [text.strip("\n") for text in segment(limit)]
                pieces = [DocChunk(text=text, meta=_narrowed(chunk.meta, text)) for text in texts]
                excess = max(map(self._size, pieces)) - self.max_tokens
                if excess <= 0:
                    return pieces
                limit -= excess
        raise ParseError(f"A passage cannot be cut to {self.max_tokens} tokens.", hint="Raise chunking.max_tokens.")

    def _rows(self, table: str, limit: int, serializer: ChunkingDocSerializer) -> list[str]:
        """Pieces of whole rows, each under the table's header; none when a row does not fit below it."""
        header, body = serializer.table_serializer.get_header_and_body_lines(table_text=table)
        if not header:
            return []
        caption, head = table[: table.index(header[0])], "".join(header)
        room = limit - self.tokenizer.count_tokens(caption + head)
        sizes = [self.tokenizer.count_tokens(line) for line in body]
        if max(sizes, default=0) > room:
            return []
        return [caption * (not i) + head + rows for i, rows in enumerate(pack(body, sizes, room))]

    def _code(self, block: str, limit: int) -> list[str]:
        opening, *lines, closing = block.split("\n")
        room = limit - self.tokenizer.count_tokens(f"{opening}\n{closing}")
        pieces = cut("\n".join(lines), max(room, 1), self.tokenizer.spans)
        return [f"{opening}\n{piece}\n{closing}" for piece in pieces]

    def _fits(self, chunk: DocChunk) -> bool:
        return self._size(chunk) <= self.tokenizer.get_max_tokens()

    def _size(self, chunk: DocChunk) -> int:
        return self.tokenizer.count_tokens(self.contextualize(chunk))


def _belong(one: DocChunk, other: DocChunk, *, apart: bool) -> bool:
    return one.meta.headings == other.meta.headings and not (apart and _pages(one) != _pages(other))


def _join(one: DocChunk, other: DocChunk) -> DocChunk:
    items = [*one.meta.doc_items, *other.meta.doc_items]
    meta = DocMeta(doc_items=items, headings=one.meta.headings, origin=one.meta.origin)
    return DocChunk(text=f"{one.text}\n\n{other.text}", meta=meta)


def _draft(chunk: DocChunk, citable: _Citable, document: DoclingDocument) -> ChunkDraft:
    embedded = citable.contextualize(chunk)
    pages = _pages(chunk)
    kinds = {_KINDS.get(item.label, "text") for item in chunk.meta.doc_items if item.label != DocItemLabel.CAPTION}
    return ChunkDraft(
        text=(chunk.text or "\n".join(chunk.meta.headings or ())).strip(),
        embedded_text=embedded,
        headings=citable.path(chunk),
        page=min(pages, default=None),
        page_last=max(pages, default=None),
        boxes=_boxes(chunk, document),
        tokens=citable.tokenizer.count_tokens(embedded) + citable.tokenizer.special,
        kind=kinds.pop() if len(kinds) == 1 else "text",
    )


def _narrowed(meta: DocMeta, piece: str) -> DocMeta:
    """`meta` with only those places on the pages where `piece`, a part of the chunk's text, stands."""
    items = [item for item in meta.doc_items if item.prov]
    held = [item.model_copy(update={"prov": places}) for item in items if (places := _places(item, piece))]
    return meta.model_copy(update={"doc_items": held}) if held else meta


def _places(item: DocItem, piece: str) -> list[ProvenanceItem]:
    text = getattr(item, "text", "")
    start = text.find(piece)
    if start >= 0:
        return [place for place in item.prov if place.charspan[0] < start + len(piece) and start < place.charspan[1]]
    return item.prov if text[:_EDGE] in piece or text[-_EDGE:] in piece else []


def _pages(chunk: DocChunk) -> set[int]:
    return {place.page_no for item in chunk.meta.doc_items for place in item.prov}


def _boxes(chunk: DocChunk, document: DoclingDocument) -> dict[int, tuple[Box, ...]]:
    if _is(document, _SHEETS):
        return {}
    scale = 1 / _EMU_PER_POINT if _is(document, _SLIDES) else 1
    boxes: dict[int, dict[Box, None]] = {}
    for place in (place for item in chunk.meta.doc_items for place in item.prov):
        box = place.bbox.to_top_left_origin(document.pages[place.page_no].size.height)
        edges = (round(scale * edge, 1) for edge in (box.l, box.t, box.r, box.b))
        boxes.setdefault(place.page_no, {})[tuple(edges)] = None
    return {page: tuple(on_page) for page, on_page in sorted(boxes.items())}


def _is(document: DoclingDocument, kind: str) -> bool:
    return document.origin is not None and kind in document.origin.mimetype
