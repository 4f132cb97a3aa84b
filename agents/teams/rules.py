"""Who speaks when at a table, when it is over, and what it may cost, as a team file says it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agents.teams.seats import Name, Part

Order = Literal["flow", "round_robin", "graph", "auto", "function"]


class Budget(Part):
    """What one run may use before it is ended with a diagnosis. Nothing set is no limit."""

    tokens: int | None = Field(None, gt=0)
    """Tokens of all its requests and replies; no request is made once they are used."""
    seconds: float | None = Field(None, gt=0)
    """How long it may take; it is ended then, wherever it is."""
    cost: float | None = Field(None, gt=0)
    """US dollars, by the prices of the model table; no request is made once they are spent."""


class Ending(Part):
    """The run is over once `agent` says something that begins with `begins`; nobody else's words count."""

    agent: Name
    """Whose words end the run."""
    begins: str = Field(min_length=1)
    """What they begin with, whatever Markdown stands before it."""
