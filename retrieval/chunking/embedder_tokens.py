"""Counts text in the tokens of the embedder that will read it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from retrieval.chunking.cutting import Spans

REMEMBERED = 8192
"""Counts kept: the same pieces and headings are counted again and again."""


class EmbedderTokens:
    """Counts tokens as the embedder does, without the special tokens it adds to every text."""

    def __init__(self, path: Path) -> None:
        self._encoder = Tokenizer.from_file(str(path))
        self._encoder.no_truncation()
        self._encoder.no_padding()
        self.special = int(self._encoder.num_special_tokens_to_add(is_pair=False))
        self.count = lru_cache(maxsize=REMEMBERED)(lambda text: len(self._encode(text)))

    def counts(self, texts: list[str]) -> list[int]:
        """Tokens of each text, many at once."""
        return [len(encoded) for encoded in self._encoder.encode_batch_fast(texts, add_special_tokens=False)]

    def spans(self, text: str) -> Spans:
        """Where each token of `text` begins and ends."""
        return self._encode(text).offsets  # type: ignore[no-any-return]  # the library is untyped

    def _encode(self, text: str) -> Any:
        return self._encoder.encode(text, add_special_tokens=False)
