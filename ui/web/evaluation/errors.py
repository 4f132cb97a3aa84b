"""What can go wrong with evaluations."""

from __future__ import annotations

from configs.errors import AppError


class EvaluationBusy(AppError):
    """Something is being measured already; times of two at once would mean nothing."""


class IncompleteForm(AppError):
    """What was sent to be measured is not complete, or not possible."""


class UnknownEvaluation(AppError):
    """No run, strategy, data set or question of that name is kept."""
