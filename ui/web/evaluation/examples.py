"""Questions to start with, about documents that are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from configs.errors import AppError
from retrieval.evaluation.questions import Question, read_questions
from retrieval.types import Document
from ui.web.evaluation.subjects import file_name
from ui.web.words import Words

SAMPLES = Path(__file__).resolve().parents[3] / "examples" / "questions.jsonl"
_COUNT = 3


def examples(words: Words, documents: Sequence[Document]) -> list[Question]:
    """Three: of those about the sample documents where these are there, else one per document about what it says."""
    names = {file_name(document) for document in documents}
    fitting = [question for question in _samples() if set(question.sources) & names][:_COUNT]
    about = [
        Question(text=words("evaluation.example", title=_title(document)), sources=(file_name(document),))
        for document in documents[: _COUNT - len(fitting)]
    ]
    return [*fitting, *about]


def _title(document: Document) -> str:
    return document.title or Path(file_name(document)).stem


def _samples() -> tuple[Question, ...]:
    """The samples that come with the source; an installed package has none."""
    try:
        return read_questions(SAMPLES.read_text(encoding="utf-8"))
    except (OSError, AppError):
        return ()
