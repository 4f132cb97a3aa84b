"""Keeps questions of one's own, a file of JSON lines per knowledge base."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from retrieval.errors import DatasetError
from retrieval.evaluation.questions import MOST, Question, checked, merged, read_questions, write_questions
from ui.web.evaluation.files import write_whole
from ui.web.uploads import safe_name


class QuestionStore:
    """The lists below a folder; every change is written at once and leaves the other questions as they are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changing = threading.Lock()

    def all(self, kb: str) -> tuple[Question, ...]:
        """The questions about a knowledge base in their order. Raises DatasetError for a file that is broken."""
        path = self._path(kb)
        try:
            return read_questions(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return ()
        except DatasetError as error:
            raise DatasetError(f"{path}: {error.message}", hint="Mend or remove this file.") from None
        except (OSError, ValueError) as error:
            raise DatasetError(f"The questions in {path} cannot be read ({error}).") from None

    def put(self, kb: str, question: Question) -> None:
        """Keep a question: in the place of the one with its id, else as the last.

        Raises DatasetError for an empty one, one that another has the words of, and one too many.
        """
        question = checked(question)
        with self._changing:
            present = self.all(kb)
            if any(other.key == question.key and other.id != question.id for other in present):
                raise DatasetError(f"This question is in the list already: {question.text}", hint="Change one of them.")
            if any(other.id == question.id for other in present):
                changed = tuple(question if other.id == question.id else other for other in present)
            else:
                changed = (*present, question)
            self._write(kb, changed)

    def remove(self, kb: str, question_id: str) -> None:
        """Keep a question no longer; without one of that id nothing changes."""
        with self._changing:
            self._write(kb, tuple(question for question in self.all(kb) if question.id != question_id))

    def add(self, kb: str, questions: Iterable[Question]) -> None:
        """Add questions; one with the words of another takes its place."""
        with self._changing:
            self._write(kb, merged(self.all(kb), questions))

    def _write(self, kb: str, questions: tuple[Question, ...]) -> None:
        if len(questions) > MOST:
            raise DatasetError(f"A list holds at most {MOST} questions.", hint="Remove some first.")
        write_whole(self._path(kb), write_questions(questions))

    def _path(self, kb: str) -> Path:
        """Names that a file system does not tell apart, or would not take, stay apart by the digest."""
        return self._folder / f"{safe_name(kb)}-{sha256(kb.encode('utf-8', 'replace')).hexdigest()[:8]}.jsonl"
