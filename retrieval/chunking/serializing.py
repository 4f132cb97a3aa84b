"""How an item of a document is written as text: plain Markdown, tables with one header row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docling_core.transforms.chunker.hierarchical_chunker import ChunkingDocSerializer, ChunkingSerializerProvider
from docling_core.transforms.serializer.base import SerializationResult
from docling_core.transforms.serializer.common import create_ser_result
from docling_core.transforms.serializer.markdown import (
    MarkdownInlineSerializer,
    MarkdownParams,
    MarkdownTableSerializer,
)
from docling_core.types.doc import DoclingDocument, RichTableCell, TableData, TableItem

from retrieval.language import CJK
from retrieval.tables import Cell, arranged

_PLAIN = MarkdownParams(
    compact_tables=True,
    escape_html=False,
    escape_underscores=False,
    image_placeholder="",
    include_formatting=False,
    include_hyperlinks=False,
)
_SPURIOUS_BLANK = re.compile(rf"(?<=[{CJK}]) (?=[{CJK}])| (?=[.,;:!?)\]]+(?:\s|$))|(?<=[(\[]) ")


class Serializers(ChunkingSerializerProvider):  # type: ignore[misc]  # docling is not type-checked
    """The writers of a document's items."""

    def get_serializer(self, doc: DoclingDocument) -> ChunkingDocSerializer:
        """For one document."""
        return ChunkingDocSerializer(doc=doc, params=_PLAIN, table_serializer=_Table(), inline_serializer=_Inline())


class _Inline(MarkdownInlineSerializer):  # type: ignore[misc]  # docling is not type-checked
    """Words in different type joined as they were written: no blank before a comma or between Chinese characters."""

    def serialize(self, **kwargs: Any) -> SerializationResult:
        result = super().serialize(**kwargs)
        result.text = _SPURIOUS_BLANK.sub("", result.text)
        return result


class _Table(MarkdownTableSerializer):  # type: ignore[misc]  # docling is not type-checked
    """Tables of plain cells row by row: working out an alignment takes most of the time of a large sheet."""

    def serialize(self, *, item: TableItem, doc_serializer: Any, doc: DoclingDocument, **kwargs: Any) -> Any:
        rich = any(isinstance(cell, RichTableCell) for cell in item.data.table_cells)
        if rich or kwargs.get("_nested_in_table"):
            return super().serialize(item=item, doc_serializer=doc_serializer, doc=doc, **kwargs)
        caption = doc_serializer.serialize_captions(item=item, **kwargs)
        shown = item.self_ref not in doc_serializer.get_excluded_refs(**kwargs) and item.data.table_cells
        table = create_ser_result(text=_markdown(item.data), span_source=item) if shown else create_ser_result()
        parts = [part for part in (caption, table) if part.text]
        return create_ser_result(text="\n\n".join(part.text for part in parts), span_source=parts)


def _markdown(table: TableData) -> str:
    header, rows = arranged(_cells(table), table.num_rows, table.num_cols)
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ["-"] * table.num_cols, *rows))


def _cells(table: TableData) -> Iterator[Cell]:
    for cell in table.table_cells:
        down = range(cell.start_row_offset_idx, cell.end_row_offset_idx)
        across = range(cell.start_col_offset_idx, cell.end_col_offset_idx)
        yield " ".join(cell.text.split()).replace("|", "\\|"), down, across, cell.column_header
