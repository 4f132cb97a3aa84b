"""Questions of one's own with the documents that should be found, as JSON lines."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from retrieval.errors import DatasetError

MOST = 5000
"""Questions in one list."""

MOST_CHARACTERS = 2000
"""In a question, in its answer words, and in the name of a document."""

MOST_SOURCES = 50
"""Expected documents of one question."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _new_id() -> str:
    return secrets.token_hex(8)


@dataclass(frozen=True, kw_only=True)
class Question:
    """`sources` are file names of documents, any of which answers; `answer` are words a right passage holds."""

    text: str
    sources: tuple[str, ...] = ()
    answer: str = ""
    id: str = field(default_factory=_new_id)

    @property
    def key(self) -> str:
        """The same for the same words, so that runs of different days can be compared."""
        return sha256(" ".join(self.text.split()).encode()).hexdigest()[:16]


def read_questions(text: str) -> tuple[Question, ...]:
    """Questions of JSON lines, each with `question`, `sources` (or one `source`), and perhaps `answer` and `id`.

    Raises DatasetError naming the line that is none, and for more than `MOST`.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) > MOST:
        raise DatasetError(f"{len(lines)} questions were given; at most {MOST} are kept.", hint="Split the list.")
    return tuple(_question(number, line) for number, line in lines)


def write_questions(questions: Iterable[Question]) -> str:
    """The JSON lines that `read_questions` reads."""
    return "".join(json.dumps(_record(question), ensure_ascii=False) + "\n" for question in questions)


def checked(question: Question) -> Question:
    """The question without needless white space. Raises DatasetError for one without text or too long."""
    texts = (question.text, question.answer, *question.sources)
    if not question.text.strip():
        raise DatasetError("The question is empty.", hint="Write what you would ask.")
    if len(question.sources) > MOST_SOURCES or max(map(len, texts)) > MOST_CHARACTERS:
        raise DatasetError(
            f"The question is too long; {MOST_CHARACTERS} characters and {MOST_SOURCES} expected documents are kept."
        )
    sources = tuple(dict.fromkeys(name for source in question.sources if (name := _readable(source).strip())))
    identity = question.id if _ID.fullmatch(question.id) else _new_id()
    return Question(text=_tidy(question.text), sources=sources, answer=_tidy(question.answer), id=identity)


def merged(present: Iterable[Question], added: Iterable[Question]) -> tuple[Question, ...]:
    """Both lists; an added question takes the place of the one with the same words."""
    by_key = {question.key: question for question in present}
    for question in added:
        old = by_key.get(question.key)
        taken = {other.id for key, other in by_key.items() if key != question.key}
        identity = old.id if old else _new_id() if question.id in taken else question.id
        by_key[question.key] = Question(
            text=question.text, sources=question.sources, answer=question.answer, id=identity
        )
    return tuple(by_key.values())


def _question(number: int, line: str) -> Question:
    try:
        record = json.loads(line)
        sources = record["sources"] if "sources" in record else [record["source"]] if record.get("source") else []
        if not isinstance(sources, list):
            raise TypeError
        texts = {"text": record["question"], "answer": record.get("answer") or "", "id": record.get("id") or _new_id()}
        if not all(isinstance(value, str) for value in (*texts.values(), *sources)):
            raise TypeError
        return checked(Question(sources=tuple(sources), **texts))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DatasetError(
            f"Line {number} is not a JSON object with the text `question` and the list `sources`.",
            hint='For example: {"question": "How long is the warranty?", "sources": ["warranty.html"]}',
        ) from None


def _tidy(text: str) -> str:
    return " ".join(_readable(text).split())


def _readable(text: str) -> str:
    """Without halves of characters, which nothing can store."""
    return text.encode("utf-8", "replace").decode()


def _record(question: Question) -> dict[str, Any]:
    answer = {"answer": question.answer} if question.answer else {}
    return {"id": question.id, "question": question.text, "sources": list(question.sources), **answer}
