"""Texts in batches of similar length: padding is work thrown away."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from retrieval.ports import Vectors

Run = Callable[[NDArray[np.int64], NDArray[np.int64]], Vectors]
"""Token ids and attention mask, both (batch, length), to vectors (batch, dimension)."""


def load_tokenizer(path: str, max_tokens: int) -> Tokenizer:
    """The model's tokenizer, cutting at `max_tokens` and padding nothing."""
    tokenizer = Tokenizer.from_file(path)
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer


def embed_sorted(texts: Sequence[str], *, tokenizer: Tokenizer, run: Run, dimension: int, batch_size: int) -> Vectors:
    """Run `texts` longest first, so that each batch pads little; rows come back in the order given."""
    vectors = np.empty((len(texts), dimension), dtype=np.float32)
    encodings = tokenizer.encode_batch(list(texts))
    order = sorted(range(len(texts)), key=lambda i: -len(encodings[i].ids))
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        vectors[rows] = run(*_pad([encodings[i] for i in rows]))
    return vectors


def _pad(encodings: Sequence[Encoding]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    ids = np.zeros((len(encodings), max(len(e.ids) for e in encodings)), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = encoding.ids
        mask[row, : len(encoding.ids)] = 1
    return ids, mask
