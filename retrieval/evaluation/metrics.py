"""The field's measures of a ranking against graded relevance judgements (qrels); pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

Grades = Mapping[str, float]
"""Document id to grade; above zero is relevant."""


def ndcg(ranking: Sequence[str], grades: Grades, *, k: int) -> float:
    """Normalised discounted cumulative gain with linear gains, as trec_eval computes it."""
    ideal = _dcg(sorted(grades.values(), reverse=True)[:k])
    return _dcg([grades.get(document, 0.0) for document in ranking[:k]]) / ideal if ideal else 0.0


def mrr(ranking: Sequence[str], grades: Grades, *, k: int) -> float:
    """Reciprocal rank of the first relevant document within the first k, 0 when there is none."""
    ranks = (rank for rank, document in enumerate(ranking[:k], start=1) if grades.get(document, 0.0) > 0)
    return 1.0 / next(ranks, math.inf)


def recall(ranking: Sequence[str], grades: Grades, *, k: int) -> float:
    """Share of the relevant documents within the first k."""
    relevant = {document for document, grade in grades.items() if grade > 0}
    return len(relevant & set(ranking[:k])) / len(relevant) if relevant else 0.0


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(position + 2) for position, gain in enumerate(gains))
