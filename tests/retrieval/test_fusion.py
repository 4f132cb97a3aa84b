"""Fusion of rankings: pure arithmetic."""

from __future__ import annotations

import pytest

from retrieval.fusion import Arm, fuse


def test_rrf_adds_weighted_reciprocal_ranks() -> None:
    arms = {"a": Arm({"x": 9.0, "y": 1.0}, 1.0), "b": Arm({"y": 0.5}, 2.0)}
    assert fuse(arms, method="rrf") == pytest.approx({"y": 1 / 62 + 2 / 61, "x": 1 / 61})


def test_convex_normalises_each_arm_before_weighing() -> None:
    arms = {"a": Arm({"x": 30.0, "y": 10.0}, 0.5), "b": Arm({"y": 0.9, "z": 0.1}, 0.5)}
    assert fuse(arms, method="convex") == pytest.approx({"x": 0.5, "y": 0.5, "z": 0.0})


@pytest.mark.parametrize("method", ["rrf", "convex"])
def test_an_arm_alone_keeps_its_order(method: str) -> None:
    arms = {"a": Arm({"x": 1.0, "y": 3.0, "z": 2.0}, 0.3)}
    assert list(fuse(arms, method=method)) == ["y", "z", "x"]  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["rrf", "convex"])
def test_an_arm_without_weight_or_hits_changes_nothing(method: str) -> None:
    alone = {"a": Arm({"x": 2.0, "y": 1.0}, 1.0)}
    more = {**alone, "b": Arm({"z": 9.0}, 0.0), "c": Arm({}, 5.0)}
    assert fuse(more, method=method) == fuse(alone, method=method)  # type: ignore[arg-type]


def test_equal_scores_are_ordered_by_id() -> None:
    assert list(fuse({"a": Arm({"y": 1.0, "x": 1.0}, 1.0)}, method="convex")) == ["x", "y"]


def test_nothing_found_is_nothing() -> None:
    assert fuse({}, method="convex") == {}
