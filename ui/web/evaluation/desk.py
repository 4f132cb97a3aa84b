"""What one browser tab has open on the evaluation page."""

from __future__ import annotations

from dataclasses import dataclass, field

from configs.errors import AppError
from ui.web.evaluation.comparison import Order
from ui.web.evaluation.setup_view import Offer

PAGE = 50
"""Questions that are listed at once."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The chosen run and comparison; `edits` counts up when the list of questions is to be drawn anew, `saves` when
    it was changed.
    """

    offer: Offer = field(default_factory=Offer)
    edits: int = 0
    saves: int = 0
    run: str = ""
    first: str = ""
    second: str = ""
    measure: str = "ndcg@10"
    order: Order = "largest"
    only_different: bool = False
    shown: int = PAGE
    problem: AppError | None = None
