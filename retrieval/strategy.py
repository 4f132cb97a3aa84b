"""A search strategy: which arms look, and how their rankings become one."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from configs.errors import ConfigError
from retrieval.fusion import Method

FOLDER = Path(__file__).resolve().parents[1] / "configs" / "strategies"

ArmName = Literal["dense", "lexical"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ArmPlan(_Part):
    """How deep an arm looks (chunks) and how much its ranking counts."""

    weight: float = Field(1.0, gt=0)
    depth: int = Field(100, gt=0, le=1000)


class FeedbackPlan(_Part):
    """Pseudo-relevance feedback: how many of the best passages move the dense query, and how far."""

    passages: int = Field(3, gt=0, le=20)
    weight: float = Field(0.8, gt=0)


class Strategy(_Part):
    """One file of `configs/strategies/`."""

    description: str
    arms: dict[ArmName, ArmPlan] = Field(min_length=1)
    fusion: Method = "convex"
    feedback: FeedbackPlan | None = None


def strategy_names() -> list[str]:
    """The strategies there are."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


@lru_cache
def load_strategy(name: str) -> Strategy:
    """Read one strategy, once per process. Raises ConfigError for an unknown name or a malformed file."""
    if name not in strategy_names():
        raise ConfigError(f"There is no strategy {name!r}.", hint=f"Choose one of: {', '.join(strategy_names())}.")
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    try:
        return Strategy.model_validate(yaml.safe_load(text))
    except (ValidationError, yaml.YAMLError) as error:
        raise ConfigError(f"The strategy file {name}.yaml is wrong: {error}") from None
