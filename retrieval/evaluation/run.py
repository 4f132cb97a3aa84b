"""Runs strategies over a dataset and measures them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from retrieval.evaluation.dataset import Dataset
from retrieval.evaluation.metrics import mrr, ndcg, recall
from retrieval.types import SearchResult

CHUNKS = 100
"""How many chunks a search gives; several chunks of one document count once, at their best rank."""


class Searching(Protocol):
    """What evaluation needs of a knowledge base."""

    def search(self, text: str, *, strategy: str | None = None, k: int | None = None) -> SearchResult:
        """See `KnowledgeBase.search`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Run:
    """Means over all queries; milliseconds per search at the 50th and 95th percentile."""

    strategy: str
    ndcg_10: float
    mrr_10: float
    recall_5: float
    recall_10: float
    recall_20: float
    ms_p50: float
    ms_p95: float

    def as_dict(self) -> dict[str, Any]:
        """The run as it stands in JSON."""
        names = {"ndcg_10": "ndcg@10", "mrr_10": "mrr@10", "recall_5": "recall@5", "recall_10": "recall@10"}
        names["recall_20"] = "recall@20"
        return {
            names.get(key, key): round(value, 4) if isinstance(value, float) else value
            for key, value in vars(self).items()
        }


def evaluate(
    kb: Searching,
    dataset: Dataset,
    strategy: str,
    *,
    records: Mapping[str, str],
    progress: Callable[[int, int], None],
) -> Run:
    """Search every query with one strategy; the first is searched once more before the clock starts.

    `records` maps the name of a corpus file to the id of its record.
    """
    kb.search(dataset.queries[0][1], strategy=strategy, k=CHUNKS)
    rankings, times = {}, []
    for number, (query_id, text) in enumerate(dataset.queries, start=1):
        started = time.perf_counter()
        result = kb.search(text, strategy=strategy, k=CHUNKS)
        times.append((time.perf_counter() - started) * 1000)
        rankings[query_id] = _documents(result, records)
        progress(number, len(dataset.queries))
    return Run(
        strategy=strategy,
        ndcg_10=_mean(dataset, rankings, ndcg, 10),
        mrr_10=_mean(dataset, rankings, mrr, 10),
        recall_5=_mean(dataset, rankings, recall, 5),
        recall_10=_mean(dataset, rankings, recall, 10),
        recall_20=_mean(dataset, rankings, recall, 20),
        ms_p50=statistics.median(times),
        ms_p95=sorted(times)[int(0.95 * (len(times) - 1))],
    )


def _documents(result: SearchResult, records: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(records[Path(hit.document.source).name] for hit in result.hits))


def _mean(dataset: Dataset, rankings: Mapping[str, Sequence[str]], measure: Callable[..., float], k: int) -> float:
    return statistics.fmean(measure(ranking, dataset.qrels[query], k=k) for query, ranking in rankings.items())
