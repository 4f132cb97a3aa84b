"""What the parent has in memory says nothing about its workers."""

from __future__ import annotations

from pathlib import Path

from configs.settings import ChunkingSettings, ParsingSettings
from retrieval.embedding.weights import locate
from retrieval.parsing.pool import ParserPool
from retrieval.types import ParsedDocument


def test_a_large_parent_has_working_workers(tmp_path: Path) -> None:
    ballast = bytearray(b"x") * (600 * 2**20)
    (tmp_path / "a.md").write_text("# A\n\nText.\n")
    tokenizer = locate("all-MiniLM-L6-v2").tokenizer
    settings, chunking = ParsingSettings(workers=1), ChunkingSettings()
    with ParserPool(settings, chunking=chunking, tokenizer=tokenizer, max_tokens=256) as pool:
        outcomes = [outcome for _, outcome in pool.parse_all([tmp_path / "a.md"] * 3)]
    assert len(ballast) > 0
    assert all(isinstance(outcome, ParsedDocument) for outcome in outcomes)
