"""Why each passage made it: the place it took in every arm of a search, and what each arm gave to its score."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from retrieval.fusion import Arm, fuse
from retrieval.strategy import Strategy
from retrieval.types import Hit, SearchResult, Step


@dataclass(frozen=True, kw_only=True)
class ArmEntry:
    """How one arm saw a passage: its rank among the `of` it returned, its score, and its part of the fused score.

    A passage that the arm did not return has rank 0.
    """

    name: str
    rank: int = 0
    of: int
    score: float = 0.0
    part: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A passage found, with its entry in every arm that looked."""

    hit: Hit
    arms: tuple[ArmEntry, ...]


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """The best passages of a search, out of the `seen` that any arm returned, and the steps that led to them."""

    strategy: str
    fusion: str
    entries: tuple[Entry, ...]
    seen: int
    steps: tuple[Step, ...]


def everything(strategy: Strategy) -> int:
    """How many hits to ask for, so that the ranks in every arm can be told from the scores."""
    return sum(plan.depth for plan in strategy.arms.values())


def ledger(result: SearchResult, strategy: Strategy, *, k: int, hidden: Collection[str] = frozenset()) -> Ledger:
    """The ledger of the k best, without those of `hidden` documents.

    `result` must hold everything that the arms returned.
    """
    best = [hit for hit in result.hits if hit.document.id not in hidden][:k]
    arms = _arms(result.hits, strategy, _trust(result.steps))
    ranks = {name: _ranks(arm) for name, arm in arms.items()}
    parts = _parts(arms, strategy)

    def entry(hit: Hit) -> Entry:
        return Entry(
            hit=hit,
            arms=tuple(
                ArmEntry(
                    name=name,
                    rank=ranks[name].get(hit.chunk.id, 0),
                    of=len(arm.scores),
                    score=arm.scores.get(hit.chunk.id, 0.0),
                    part=parts[name].get(hit.chunk.id, 0.0),
                )
                for name, arm in arms.items()
            ),
        )

    return Ledger(
        strategy=result.strategy,
        fusion=strategy.fusion,
        entries=tuple(map(entry, best)),
        seen=len(result.hits),
        steps=result.steps,
    )


def _arms(hits: Sequence[Hit], strategy: Strategy, trust: float) -> dict[str, Arm]:
    """The arms that looked, as the fusion saw them."""
    looked = [name for name in strategy.arms if any(name in hit.scores for hit in hits)]
    weights = {name: strategy.arms[name].weight * (trust if name == "dense" else 1.0) for name in looked}
    return {
        name: Arm({hit.chunk.id: hit.scores[name] for hit in hits if name in hit.scores}, weights[name])
        for name in looked
    }


def _trust(steps: Sequence[Step]) -> float:
    """How far the dense arm counted, which its first step says."""
    said = next((step.inputs for step in steps if step.name == "dense"), "")
    try:
        return float(said.removeprefix("trust "))
    except ValueError:
        return 1.0


def _ranks(arm: Arm) -> dict[str, int]:
    ordered = sorted(arm.scores, key=lambda i: (-arm.scores[i], i))
    return {chunk_id: rank for rank, chunk_id in enumerate(ordered, start=1)}


def _parts(arms: Mapping[str, Arm], strategy: Strategy) -> dict[str, dict[str, float]]:
    """What each arm gave; a convex combination divides by all the weights."""
    total = sum(arm.weight for arm in arms.values()) or 1.0
    share = {name: arm.weight / total if strategy.fusion == "convex" else 1.0 for name, arm in arms.items()}
    return {
        name: {i: score * share[name] for i, score in fuse({name: arm}, method=strategy.fusion).items()}
        for name, arm in arms.items()
    }
