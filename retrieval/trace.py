"""Times the stages of a search as they run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from retrieval.types import Step

T = TypeVar("T")


@dataclass
class Trace:
    """The steps so far, in the order they ended."""

    steps: list[Step] = field(default_factory=list)

    def run(self, name: str, stage: Callable[[], T]) -> T:
        """Run a stage and record how long it took and how many results it gave."""
        started = time.perf_counter()
        result = stage()
        ms = (time.perf_counter() - started) * 1000
        outputs = f"{len(result)} results" if hasattr(result, "__len__") else ""
        self.steps.append(Step(name=name, ms=ms, outputs=outputs))
        return result
