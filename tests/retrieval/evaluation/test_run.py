"""Searching the queries of a dataset, one at a time."""

from __future__ import annotations

from retrieval.evaluation.dataset import Dataset
from retrieval.evaluation.metrics import Grades
from retrieval.evaluation.run import evaluate, percentiles, searches
from retrieval.types import Query, SearchResult
from tests.retrieval.passages import make_hit


class Recording:
    """Finds two chunks of `b.txt` and one of `a.txt` for everything, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None, int | None]] = []

    def search(self, text: str, *, strategy: str | None = None, k: int | None = None) -> SearchResult:
        self.asked.append((text, strategy, k))
        hits = (make_hit("one", source="b.txt"), make_hit("two", source="b.txt"), make_hit("three", source="a.txt"))
        query = Query(text=text, search_text=text, language="en")
        return SearchResult(query=query, strategy=strategy or "", hits=hits, steps=())


QUERIES = (("q1", "first"), ("q2", "second"), ("q3", "third"))


def test_nothing_is_searched_ahead_of_what_is_asked_for() -> None:
    kb = Recording()
    search = next(searches(kb, QUERIES, "hybrid", k=7))
    assert kb.asked == [("first", "hybrid", 7), ("first", "hybrid", 7)]
    assert search.query_id == "q1"
    assert search.ms > 0


def test_a_document_counts_once_at_its_best_chunk() -> None:
    search = next(searches(Recording(), QUERIES, "hybrid"))
    assert search.ranking(lambda document: document.source.upper()) == ["B.TXT", "A.TXT"]


def test_a_run_tells_its_progress_and_has_the_means_of_all_queries() -> None:
    told: list[tuple[int, int]] = []
    qrels: dict[str, Grades] = {"q1": {"A": 1.0}, "q2": {"B": 1.0}, "q3": {"C": 1.0}}
    dataset = Dataset(name="d", corpus=(), queries=QUERIES, qrels=qrels)
    records = {"a.txt": "A", "b.txt": "B"}
    run = evaluate(Recording(), dataset, "dense", records=records, progress=lambda *at: told.append(at))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert run.as_dict()["mrr@10"] == 0.5
    assert run.as_dict()["recall@5"] == 0.6667
    assert run.as_dict()["strategy"] == "dense"


def test_percentiles_of_one_time_are_that_time() -> None:
    assert percentiles([4.0]) == (4.0, 4.0)
    assert percentiles([float(number) for number in range(101)]) == (50.0, 95.0)
