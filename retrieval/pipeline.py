"""One search, as a recipe: embed → arms → fusion → feedback → fetch. Every stage leaves a Step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.fusion import Arm, Scores, fuse
from retrieval.ports import Embedder, LexicalIndex, VectorIndex, Vectors
from retrieval.strategy import FeedbackPlan, Strategy
from retrieval.trace import Trace
from retrieval.types import Chunk, Document, Hit, Query, SearchResult

SURE = 10
"""The best by words, whose similarity is looked up if the vector index did not come upon them."""

Fetch = Callable[[Sequence[str]], Mapping[str, tuple[Chunk, Document]]]
"""Chunk ids to visible chunks with their documents."""


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """What a search looks into."""

    embedder: Embedder
    vectors: VectorIndex
    words: LexicalIndex
    fetch: Fetch

    def search(
        self, query: Query, *, strategy: Strategy, name: str, k: int, document_ids: Sequence[str] | None = None
    ) -> SearchResult:
        """The k best chunks; `document_ids` limits where to look."""
        trace, text, plans = Trace(), query.search_text, strategy.arms
        arms: dict[str, Arm] = {}
        known: Mapping[str, Vectors] = {}
        if "dense" in plans and (trust := self._trust(text, strategy)) > 0:
            vector = trace.run("embed", text, lambda: self.embedder.embed([text]))[0]
            near = trace.run(
                "dense", f"trust {trust:.2f}", lambda: self.vectors.search(vector, plans["dense"].depth, document_ids)
            )
            arms["dense"] = Arm(near, plans["dense"].weight * trust)
        if "lexical" in plans:
            found = trace.run("lexical", text, lambda: self.words.search(text, plans["lexical"].depth, document_ids))
            arms["lexical"] = Arm(found, plans["lexical"].weight)
        if {"dense", "lexical"} <= arms.keys():
            others = [chunk_id for chunk_id in list(found)[:SURE] if chunk_id not in near]
            known = trace.run("vectors", f"{len(others)} found by words", lambda: self.vectors.fetch(others))
            arms["dense"] = _completed(arms["dense"], vector, known)
        fused = trace.run("fusion", " + ".join(arms), lambda: fuse(arms, method=strategy.fusion))
        if (feedback := strategy.feedback) and "dense" in arms and fused:
            moved = trace.run(
                "feedback", f"the best {feedback.passages}", lambda: self._feedback(vector, fused, feedback)
            )
            near = trace.run(
                "dense", "the moved query", lambda: self.vectors.search(moved, plans["dense"].depth, document_ids)
            )
            arms["dense"] = _completed(Arm(near, arms["dense"].weight), moved, known)
            fused = trace.run("fusion", " + ".join(arms), lambda: fuse(arms, method=strategy.fusion))
        hits = trace.run("fetch", f"{len(fused)} chunks", lambda: self._hits(query, fused, arms, k))
        return SearchResult(query=query, strategy=name, hits=tuple(hits), steps=tuple(trace.steps))

    def _trust(self, text: str, strategy: Strategy) -> float:
        """How far the dense arm counts: wholly when it is alone, else by what the embedder can read."""
        return self.embedder.reads(text) if len(strategy.arms) > 1 else 1.0

    def _feedback(self, vector: Vectors, fused: Scores, plan: FeedbackPlan) -> Vectors:
        """The query moved towards the best passages (Rocchio 1971; on dense vectors, Li et al., arXiv 2108.11044)."""
        best = list(self.vectors.fetch(list(fused)[: plan.passages]).values())
        moved: Vectors = vector + plan.weight * np.mean(best, axis=0) if best else vector
        return moved / np.linalg.norm(moved)

    def _hits(self, query: Query, fused: Scores, arms: Mapping[str, Arm], k: int) -> list[Hit]:
        visible = self._visible(list(fused), k)
        return [
            Hit(
                chunk=visible[chunk_id][0],
                document=visible[chunk_id][1],
                rank=rank,
                scores={
                    **{name: arm.scores[chunk_id] for name, arm in arms.items() if chunk_id in arm.scores},
                    "fused": fused[chunk_id],
                },
                query=query.search_text,
            )
            for rank, chunk_id in enumerate(visible, start=1)
        ]

    def _visible(self, ranked: Sequence[str], k: int) -> dict[str, tuple[Chunk, Document]]:
        """The first k of the ranked ids that the catalogue knows, in their order."""
        visible: dict[str, tuple[Chunk, Document]] = {}
        for start in range(0, len(ranked), 2 * k):
            part = ranked[start : start + 2 * k]
            found = self.fetch(part)
            visible.update((chunk_id, found[chunk_id]) for chunk_id in part if chunk_id in found)
            if len(visible) >= k:
                break
        return dict(list(visible.items())[:k])


def _completed(arm: Arm, vector: Vectors, known: Mapping[str, Vectors]) -> Arm:
    """The arm with those chunks whose vector it should have found.

    An approximate index loses chunks behind a crowd of equal vectors, as of a passage repeated hundreds of times.
    """
    lowest = min(arm.scores.values(), default=1.0)
    missed = {
        i: score for i, other in known.items() if (score := float(vector @ other)) > lowest and i not in arm.scores
    }
    return Arm({**arm.scores, **missed}, arm.weight)
