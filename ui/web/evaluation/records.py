"""A run as it is kept: what was asked, what each strategy found, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["running", "done", "cancelled", "failed", "interrupted"]
Kind = Literal["questions", "dataset"]

KEPT = 20
"""How many documents of a ranking are kept: as deep as the deepest measure looks."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """What a list of runs shows; `skipped` counts questions left out as no document of theirs is there."""

    id: str
    kind: Kind
    name: str
    owner: str
    started: float
    strategies: tuple[str, ...]
    k: int
    questions: int = 0
    skipped: int = 0
    state: State = "running"
    finished: tuple[str, ...] = ()
    problem: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The head as it stands in JSON."""
        return dict(vars(self))

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Head:
        """The head that `as_dict` made a document from. Raises KeyError, TypeError or ValueError for any other."""
        lists = {name: tuple(document[name]) for name in ("strategies", "finished")}
        return cls(**{**document, **lists})


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question of a run; `grades` says which documents answer it, `answer` which words a right passage holds."""

    key: str
    text: str
    grades: Mapping[str, float]
    answer: str = ""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one search gave; `answer_rank` is the first passage with the answer's words, 0 for none."""

    ranking: tuple[str, ...]
    ms: float
    answer_rank: int = 0


Results = Mapping[str, Found]
"""What one strategy found, by the keys of the questions."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """A run with everything in it; `titles` are those of the documents found and expected."""

    head: Head
    asked: tuple[Asked, ...]
    found: Mapping[str, Results]
    titles: Mapping[str, str]
