"""How sure a difference between strategies is: intervals and tests over the questions; pure.

Intervals are percentile bootstraps (B. Efron and R. Tibshirani, "An introduction to the bootstrap", 1993, chapter 13)
with the questions as the sample, as T. Sakai, "Evaluating evaluation metrics based on the bootstrap", SIGIR 2006, does:
questions are drawn anew with replacement, as many as there are, and the mean is taken; of `SAMPLES` such means the
middle 95 % is the interval. All rows see the same draws. The interval of per-question differences is the paired one.

The test is the two-sided paired randomisation test, which M. Smucker, J. Allan and B. Carterette, "A comparison of
statistical significance tests for information retrieval evaluation", CIKM 2007, recommend: were two strategies alike,
every question's difference could as well have had the other sign. p is the share of sign patterns that make the mean
at least as far from zero: of all patterns for up to `EXACT` questions, of `SAMPLES` drawn ones and the observed one for
more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
"""One row per strategy and measure, or per difference; one column per question."""

SAMPLES = 5000
EXACT = 12

_BLOCK = 500
_TOLERANCE = 1e-12


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean and its 95 % confidence interval."""

    mean: float
    low: float
    high: float


def intervals(rows: Rows, *, seed: int = 0) -> list[Interval]:
    """The mean of every row with its interval; the same seed draws the same questions."""
    means = np.concatenate([block @ rows.T for block in _draws(rows.shape[1], seed)])
    low, high = np.quantile(means, [0.025, 0.975], axis=0)
    return [
        Interval(mean=float(mean), low=float(least), high=float(most))
        for mean, least, most in zip(rows.mean(axis=1), low, high, strict=True)
    ]


def p_values(differences: Rows, *, seed: int = 0) -> list[float]:
    """How often chance alone makes a mean difference as large as that of each row."""
    questions = differences.shape[1]
    observed = np.abs(differences.sum(axis=1)) - _TOLERANCE
    exact = questions <= EXACT
    patterns = [_all_signs(questions)] if exact else _signs(questions, seed)
    as_large = sum((np.abs(signs @ differences.T) >= observed).sum(axis=0) for signs in patterns)
    counted = as_large / 2**questions if exact else (as_large + 1) / (SAMPLES + 1)
    return [float(p) for p in np.atleast_1d(counted)]


def _draws(questions: int, seed: int) -> Iterator[Rows]:
    """Blocks of draws: the share that each question has in each."""
    rng = np.random.default_rng(seed)
    starts = np.arange(_BLOCK)[:, None] * questions
    for _ in range(SAMPLES // _BLOCK):
        drawn = rng.integers(0, questions, (_BLOCK, questions)) + starts
        counts = np.bincount(drawn.ravel(), minlength=_BLOCK * questions).reshape(_BLOCK, questions)
        yield counts.astype(np.float64) / questions


def _signs(questions: int, seed: int) -> Iterator[Rows]:
    rng = np.random.default_rng(seed)
    for _ in range(SAMPLES // _BLOCK):
        yield rng.integers(0, 2, (_BLOCK, questions), dtype=np.int8).astype(np.float64) * 2 - 1


def _all_signs(questions: int) -> Rows:
    numbers = np.arange(2**questions)[:, None]
    return (numbers >> np.arange(questions) & 1).astype(np.float64) * 2 - 1
