"""Counts text in the tokens of the embedder that will read it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from docling_core.transforms.chunker.tokenizer.base import BaseTokenizer
from pydantic import ConfigDict, PrivateAttr
from tokenizers import Tokenizer

from retrieval.cutting import Spans, cut


class EmbedderTokens(BaseTokenizer):  # type: ignore[misc]  # docling is not type-checked
    """Counts tokens as the embedder does, its special tokens left out of the counts and of the limit."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    encoder: Tokenizer
    max_tokens: int
    _count: Callable[[str], int] = PrivateAttr()

    @classmethod
    def load(cls, path: Path, max_tokens: int) -> EmbedderTokens:
        """From a `tokenizer.json`."""
        encoder = Tokenizer.from_file(str(path))
        encoder.no_truncation()
        encoder.no_padding()
        return cls(encoder=encoder, max_tokens=max_tokens)

    def model_post_init(self, _context: Any, /) -> None:
        """Set up the memory for counts: the same texts are counted again and again."""
        self._count = lru_cache(maxsize=256)(lambda text: len(self._encode(text)))

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` alone."""
        return self._count(text)

    def get_max_tokens(self) -> int:
        """What is left for text and headings."""
        return self.max_tokens - self.special

    def get_tokenizer(self) -> Callable[[str], int]:
        """The counter, as docling's splitters want it."""
        return self._count

    @property
    def special(self) -> int:
        """Tokens the embedder adds to every text."""
        return int(self.encoder.num_special_tokens_to_add(is_pair=False))

    def spans(self, text: str) -> Spans:
        """Where each token of `text` begins and ends."""
        return self._encode(text).offsets  # type: ignore[no-any-return]  # the library is untyped

    def shortened(self, path: tuple[str, ...], budget: int) -> tuple[str, ...]:
        """`path` within `budget` tokens: first the middle headings go, then the ends of the others."""
        while len(path) > 2 and self.count_tokens("\n".join(path)) > budget:
            path = (path[0], *path[2:])
        if self.count_tokens("\n".join(path)) <= budget:
            return path
        return tuple(cut(heading, max(budget // len(path), 1), self.spans)[0] for heading in path)

    def _encode(self, text: str) -> Any:
        return self.encoder.encode(text, add_special_tokens=False)
