"""Intervals and tests against values worked out by hand or known in closed form."""

from __future__ import annotations

import time
from itertools import product

import numpy as np
import pytest

from retrieval.evaluation.statistics import intervals, p_values


def test_an_interval_is_that_of_the_normal_distribution_where_there_are_many_questions() -> None:
    values = np.random.default_rng(5).random((1, 2000))
    (interval,) = intervals(values)
    half = 1.96 * values.std() / np.sqrt(2000)
    assert interval.mean == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - half, abs=half / 10)
    assert interval.high == pytest.approx(values.mean() + half, abs=half / 10)


def test_nine_in_ten_and_more_of_the_intervals_hold_the_true_mean() -> None:
    rng = np.random.default_rng(11)
    samples = rng.binomial(1, 0.7, (400, 50)).astype(float)
    held = sum(interval.low <= 0.7 <= interval.high for interval in intervals(samples))
    assert 0.90 <= held / 400 <= 0.98


def test_equal_values_have_no_width() -> None:
    (interval,) = intervals(np.full((1, 7), 0.25))
    assert [interval.mean, interval.low, interval.high] == pytest.approx([0.25, 0.25, 0.25])


def test_the_same_seed_gives_the_same_interval_and_another_one_another() -> None:
    values = np.random.default_rng(3).random((1, 40))
    assert intervals(values) == intervals(values)
    assert intervals(values, seed=1) != intervals(values)


def test_the_interval_of_a_constant_difference_is_that_difference_however_the_questions_vary() -> None:
    first = np.random.default_rng(3).random(40)
    (interval,) = intervals((first - (first - 0.125))[None])
    assert interval.low == pytest.approx(0.125)
    assert interval.high == pytest.approx(0.125)


def test_p_counts_all_sign_patterns_of_few_questions() -> None:
    differences = [0.5, 0.25, -0.125, 0.75]
    patterns = [
        sum(sign * value for sign, value in zip(signs, differences, strict=True))
        for signs in product((1, -1), repeat=4)
    ]
    expected = sum(abs(total) >= abs(sum(differences)) - 1e-9 for total in patterns) / 16
    assert p_values(np.array([differences])) == [expected]


def test_p_of_no_difference_is_one_and_of_a_steady_one_is_small() -> None:
    rng = np.random.default_rng(2)
    rows = np.array([np.zeros(200), np.full(200, 0.01), rng.normal(0.0, 1.0, 200)])
    nothing, steady, noise = p_values(rows)
    assert nothing == 1.0
    assert steady < 0.001
    assert noise > 0.05


def test_p_is_spread_evenly_where_there_is_no_difference() -> None:
    noise = np.random.default_rng(7).normal(0.0, 1.0, (400, 30))
    ps = np.array(p_values(noise))
    assert np.mean(ps < 0.05) == pytest.approx(0.05, abs=0.035)
    assert np.mean(ps) == pytest.approx(0.5, abs=0.06)


def test_a_thousand_questions_four_strategies_and_five_measures_take_no_time_worth_waiting_for() -> None:
    rows = np.random.default_rng(1).random((20, 1000))
    intervals(rows)
    fastest = min(_seconds(rows) for _ in range(3))
    assert fastest < 1.0  # 0.2 s where nothing else runs


def _seconds(rows: np.ndarray) -> float:
    started = time.perf_counter()
    intervals(rows)
    return time.perf_counter() - started
