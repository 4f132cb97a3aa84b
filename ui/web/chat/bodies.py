"""What the page's script sends, checked; nothing else is taken."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from ui.web.backend import Wish
from ui.web.decision import MOST_CODE, MOST_ID, MOST_REASON, Decision

_NAME = Field(default=None, max_length=200)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Wished(_Body):
    """What a conversation shall be about and who answers."""

    kb: str | None = _NAME
    team: str | None = _NAME
    strategy: str | None = _NAME
    model: str | None = _NAME

    def wish(self) -> Wish:
        """The wish."""
        return Wish(kb=self.kb, team=self.team, strategy=self.strategy, model=self.model)


class FirstQuestion(Wished):
    """The question that begins a conversation."""

    question: str


class Question(_Body):
    """A question; `seq` is the number of the event of the one it takes the place of, where it does."""

    question: str
    seq: int = Field(default=0, ge=0)


class Place(_Body):
    """The number of the event a branch goes up to."""

    seq: int = Field(ge=1)


class Title(_Body):
    """A title."""

    title: str = Field(max_length=10_000)


class Verdict(_Body):
    """What was decided about code that waits."""

    approval_id: str = Field(max_length=MOST_ID)
    approved: bool
    code_sha256: str = Field(max_length=MOST_ID)
    code: str | None = Field(default=None, max_length=MOST_CODE, pattern=r"\S")
    reason: str = Field(default="", max_length=MOST_REASON)

    def decision(self) -> Decision:
        """The decision."""
        return Decision(**dict(self))
