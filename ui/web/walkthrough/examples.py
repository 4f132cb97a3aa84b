"""Questions that the sample documents answer."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ui.web.words import Language

QUESTIONS = Path(__file__).resolve().parents[3] / "examples" / "questions.jsonl"
_COUNT = 3


@functools.cache
def example_questions(language: Language, file: Path = QUESTIONS) -> Sequence[str]:
    """Three in a language, each about another document; none where the file of the examples is missing."""
    try:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError:
        return ()
    by_source: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        if row["language"] == language and row.get("answer"):
            by_source.setdefault(row["source"], row)
    return tuple(row["question"] for row in list(by_source.values())[:_COUNT])
