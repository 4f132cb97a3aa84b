"""Every embedding backend beside torch fp32: texts per second, and dense nDCG@10 by exact search.

    python -m benchmarks.embedding DATASET_DIR [CHUNKS]

CHUNKS limits the timed texts (default 400); with `all` every backend embeds every chunk and nDCG@10 is reported.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np

from configs.settings import Backend, ChunkingSettings, EmbeddingSettings, ParsingSettings
from retrieval.embedding.open import open_embedder
from retrieval.embedding.weights import locate
from retrieval.evaluation.corpus import write_corpus
from retrieval.evaluation.dataset import Dataset, load_dataset
from retrieval.evaluation.metrics import ndcg
from retrieval.parsing.pool import ParserPool
from retrieval.ports import Vectors
from retrieval.types import ParsedDocument


def chunks_of(dataset: Dataset) -> tuple[list[str], list[str]]:
    """Embedded text of every chunk, and the record it belongs to."""
    files = locate(EmbeddingSettings().model)
    texts, owners = [], []
    with tempfile.TemporaryDirectory() as folder:
        records = write_corpus(dataset.corpus, Path(folder))
        with ParserPool(
            ParsingSettings(), chunking=ChunkingSettings(), tokenizer=files.tokenizer, max_tokens=files.max_tokens
        ) as pool:
            for path, parsed in pool.parse_all(sorted(Path(folder).iterdir())):
                if isinstance(parsed, ParsedDocument):
                    texts += [chunk.embedded_text for chunk in parsed.chunks]
                    owners += [records[path.name]] * len(parsed.chunks)
    return texts, owners


def dense_ndcg(dataset: Dataset, owners: Sequence[str], passages: Vectors, queries: Vectors) -> float:
    """Mean nDCG@10 of exact cosine search, each record at its best chunk."""
    scores = []
    for (query_id, _), row in zip(dataset.queries, queries @ passages.T, strict=True):
        ranking = list(dict.fromkeys(owners[i] for i in np.argsort(-row, kind="stable")[:100]))
        scores.append(ndcg(ranking, dataset.qrels[query_id], k=10))
    return statistics.fmean(scores)


def measure(dataset: Dataset, limit: int | None) -> list[dict[str, Any]]:
    """A row per backend."""
    texts, owners = chunks_of(dataset)
    timed = texts[:limit]
    rows = []
    for backend in (name for name in get_args(Backend) if name != "auto"):
        embedder = open_embedder(EmbeddingSettings(backend=backend))
        embedder.embed(timed[:16])
        started = time.perf_counter()
        passages = embedder.embed(timed)
        rate = len(timed) / (time.perf_counter() - started)
        row: dict[str, Any] = {"backend": backend, "texts_per_s": round(rate, 1)}
        if limit is None:
            queries = embedder.embed([text for _, text in dataset.queries])
            row["dense ndcg@10"] = round(dense_ndcg(dataset, owners, passages, queries), 4)
        rows.append(row)
    torch = next(row["texts_per_s"] for row in rows if row["backend"] == "torch-fp32")
    return [{**row, "times torch": round(row["texts_per_s"] / torch, 2)} for row in rows]


if __name__ == "__main__":
    _limit = (sys.argv[2:] or ["400"])[0]
    _rows = measure(load_dataset(Path(sys.argv[1])), None if _limit == "all" else int(_limit))
    print("\n".join(json.dumps(row) for row in _rows))
