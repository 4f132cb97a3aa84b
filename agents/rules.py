"""Who speaks when at a table, when it is over, and what it may cost, as a team file says it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agents.seats import Name, Part

Order = Literal["flow", "round_robin", "graph", "auto", "function"]


class Budget(Part):
    """What one run may use before it is ended with a diagnosis; `cost` in US dollars. Nothing set is no limit."""

    tokens: int | None = Field(None, gt=0)
    seconds: float | None = Field(None, gt=0)
    cost: float | None = Field(None, gt=0)


class Ending(Part):
    """The run is over once `agent` says something that begins with `begins`; nobody else's words count."""

    agent: Name
    begins: str = Field(min_length=1)
