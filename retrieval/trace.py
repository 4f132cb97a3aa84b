"""Times the stages of a search as they run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from retrieval.types import Step

T = TypeVar("T")


@dataclass
class Trace:
    """The steps so far, in the order they ended."""

    steps: list[Step] = field(default_factory=list)

    def run(self, name: str, inputs: str, stage: Callable[[], T]) -> T:
        """Run a stage and record what went in, how long it took and how many results came out."""
        started = time.perf_counter()
        result = stage()
        ms = (time.perf_counter() - started) * 1000
        outputs = f"{len(result)} chunks" if isinstance(result, Mapping | list) else "1 vector"
        self.steps.append(Step(name=name, ms=ms, inputs=inputs, outputs=outputs))
        return result
