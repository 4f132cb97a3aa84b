"""Whether the three stores of a knowledge base hold the same chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from retrieval.indexes import Indexes


@dataclass(frozen=True, kw_only=True)
class VerifyReport:
    """Counts per store, and one sentence per problem; no problem means ok."""

    kb: str
    documents: int
    chunks: int
    vectors: int
    lexical: int
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """True when all stores agree."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """The report as it stands in JSON."""
        return {
            "kb": self.kb,
            "ok": self.ok,
            "documents": self.documents,
            "chunks": self.chunks,
            "vectors": self.vectors,
            "lexical": self.lexical,
            "problems": list(self.problems),
        }


def verify(kb: str, documents: int, visible: set[str], indexes: Indexes) -> VerifyReport:
    """Compare what the catalogue shows with what the indexes hold."""
    differences = indexes.compare(visible)
    counts = {name: len(visible) - len(d.missing) + len(d.stray) for name, d in differences.items()}
    problems = []
    for name, difference in differences.items():
        if difference.missing:
            problems.append(f"The {name} index lacks {len(difference.missing)} of {len(visible)} chunks.")
        if difference.stray:
            problems.append(f"The {name} index holds {len(difference.stray)} chunks that belong to no document.")
    return VerifyReport(kb=kb, documents=documents, chunks=len(visible), problems=tuple(problems), **counts)
