"""Several rankings into one; pure functions over `{chunk id: score}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Scores = Mapping[str, float]
Method = Literal["convex", "rrf"]

RRF_K = 60
"""Damping of reciprocal rank fusion, as in Cormack, Clarke and Büttcher, SIGIR 2009."""


@dataclass(frozen=True)
class Arm:
    """One ranking and how much it counts."""

    scores: Scores
    weight: float


def fuse(arms: Mapping[str, Arm], *, method: Method) -> dict[str, float]:
    """Chunk ids and fused scores, best first; ties by id, so that the order never depends on chance."""
    combine = convex if method == "convex" else rrf
    fused = combine([arm for arm in arms.values() if arm.weight > 0 and arm.scores])
    return dict(sorted(fused.items(), key=lambda item: (-item[1], item[0])))


def rrf(arms: list[Arm]) -> dict[str, float]:
    """Weighted reciprocal rank fusion: the sum over arms of weight / (k + rank)."""
    fused: dict[str, float] = {}
    for arm in arms:
        for rank, chunk_id in enumerate(sorted(arm.scores, key=lambda i: (-arm.scores[i], i)), start=1):
            fused[chunk_id] = fused.get(chunk_id, 0.0) + arm.weight / (RRF_K + rank)
    return fused


def convex(arms: list[Arm]) -> dict[str, float]:
    """Convex combination of min-max normalised scores (Bruch, Gai and Ingber, arXiv 2210.11934).

    A chunk that an arm did not return counts as that arm's lowest score.
    """
    total = sum(arm.weight for arm in arms)
    fused: dict[str, float] = {}
    for arm in arms:
        low, high = min(arm.scores.values()), max(arm.scores.values())
        span = high - low or 1.0
        for chunk_id, score in arm.scores.items():
            normalised = (score - low) / span if high > low else 1.0
            fused[chunk_id] = fused.get(chunk_id, 0.0) + arm.weight / total * normalised
    return fused
