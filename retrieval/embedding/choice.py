"""Which backend to use: the fastest on this CPU whose vectors equal those of torch in fp32."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MIN_COSINE = 0.9995
MEAN_COSINE = 0.9999
"""Two backends are equal when the worst and the mean cosine to torch fp32 over the probe texts reach these.

bf16 on a CPU with native support has 0.99997 at worst and leaves nDCG@10 of Cranfield within 0.001;
int8 quantisation has 0.90 to 0.97 at worst and does not pass.
"""

WORTH_CHANGING = 1.1
"""A less exact backend must be this much faster than the next; otherwise exactness wins."""


@dataclass(frozen=True)
class Measurement:
    """One backend on the probe texts: texts per second, and cosine to torch fp32."""

    backend: str
    texts_per_s: float
    min_cosine: float
    mean_cosine: float

    @property
    def equals_torch(self) -> bool:
        """Whether the vectors are those of torch fp32 for every practical purpose."""
        return self.min_cosine >= MIN_COSINE and self.mean_cosine >= MEAN_COSINE


def choose(rows: Sequence[Measurement]) -> str:
    """The backend to use; `rows` ordered from most to least exact."""
    best = rows[0]
    for row in rows[1:]:
        if row.equals_torch and row.texts_per_s > best.texts_per_s * WORTH_CHANGING:
            best = row
    return best.backend
