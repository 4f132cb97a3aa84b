"""Measures against values worked out by hand."""

from __future__ import annotations

import math

import pytest

from retrieval.evaluation.metrics import mrr, ndcg, recall

GRADES = {"a": 2.0, "b": 1.0, "c": 0.0}


def test_ndcg_of_the_ideal_ranking_is_one() -> None:
    assert ndcg(["a", "b", "c"], GRADES, k=10) == 1.0


def test_ndcg_discounts_by_rank() -> None:
    ideal = 2 + 1 / math.log2(3)
    assert ndcg(["x", "a", "b"], GRADES, k=10) == pytest.approx((2 / math.log2(3) + 1 / 2) / ideal)


def test_ndcg_looks_no_further_than_k() -> None:
    assert ndcg(["x", "y", "a"], GRADES, k=2) == 0.0


@pytest.mark.parametrize(("ranking", "expected"), [(["b"], 1.0), (["c", "x", "a"], 1 / 3), (["x"], 0.0)])
def test_mrr_is_the_first_relevant_rank(ranking: list[str], expected: float) -> None:
    assert mrr(ranking, GRADES, k=10) == pytest.approx(expected)


@pytest.mark.parametrize(("k", "expected"), [(1, 0.5), (3, 1.0)])
def test_recall_counts_relevant_documents_only(k: int, expected: float) -> None:
    assert recall(["a", "c", "b"], GRADES, k=k) == expected
