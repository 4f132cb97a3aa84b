"""Runs strategies over a dataset and measures them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from retrieval.evaluation.dataset import Dataset
from retrieval.evaluation.metrics import Grades, mrr, ndcg, recall
from retrieval.types import Document, SearchResult

CHUNKS = 100
"""How many chunks a search gives; several chunks of one document count once, at their best rank."""

MEASURES: Mapping[str, Callable[[Sequence[str], Grades], float]] = {
    "ndcg@10": partial(ndcg, k=10),
    "mrr@10": partial(mrr, k=10),
    "recall@5": partial(recall, k=5),
    "recall@10": partial(recall, k=10),
    "recall@20": partial(recall, k=20),
}
"""What every run is measured by, by the names it has in JSON."""


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


@dataclass(frozen=True, kw_only=True)
class Search:
    """One query as it was searched, with the milliseconds it took."""

    query_id: str
    result: SearchResult
    ms: float

    def ranking(self, identify: Callable[[Document], str]) -> list[str]:
        """The ids of the documents found, best first and each once."""
        return list(dict.fromkeys(identify(hit.document) for hit in self.result.hits))


def searches(kb: Searching, queries: Sequence[tuple[str, str]], strategy: str, *, k: int = CHUNKS) -> Iterator[Search]:
    """Search every query, an id and a text, as soon as the next is asked for; stop to ask and nothing is searched.

    The first is searched once more before the clock starts.
    """
    kb.search(queries[0][1], strategy=strategy, k=k)
    for query_id, text in queries:
        started = time.perf_counter()
        result = kb.search(text, strategy=strategy, k=k)
        yield Search(query_id=query_id, result=result, ms=(time.perf_counter() - started) * 1000)


def percentiles(times: Sequence[float]) -> tuple[float, float]:
    """The 50th and the 95th percentile."""
    return statistics.median(times), sorted(times)[int(0.95 * (len(times) - 1))]


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
    rankings, times = {}, []
    for number, search in enumerate(searches(kb, dataset.queries, strategy), start=1):
        rankings[search.query_id] = search.ranking(lambda document: records[Path(document.source).name])
        times.append(search.ms)
        progress(number, len(dataset.queries))
    p50, p95 = percentiles(times)
    return Run(
        strategy=strategy,
        ndcg_10=_mean(dataset, rankings, "ndcg@10"),
        mrr_10=_mean(dataset, rankings, "mrr@10"),
        recall_5=_mean(dataset, rankings, "recall@5"),
        recall_10=_mean(dataset, rankings, "recall@10"),
        recall_20=_mean(dataset, rankings, "recall@20"),
        ms_p50=p50,
        ms_p95=p95,
    )


def _mean(dataset: Dataset, rankings: Mapping[str, Sequence[str]], measure: str) -> float:
    return statistics.fmean(MEASURES[measure](ranking, dataset.qrels[query]) for query, ranking in rankings.items())
