"""The sample documents and the questions about them agree, and every answer stands where it is said to stand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
DOCUMENTS = EXAMPLES / "documents"
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in (EXAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
]


def pages_of(path: Path) -> list[str]:
    document = pypdfium2.PdfDocument(path)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def test_there_are_a_few_small_documents_in_many_formats() -> None:
    files = sorted(DOCUMENTS.iterdir())
    assert 8 <= len(files) <= 15
    assert {file.suffix for file in files} == {".csv", ".docx", ".html", ".md", ".pdf", ".pptx", ".txt", ".xlsx"}
    assert all(0 < file.stat().st_size < 150_000 for file in files)
    assert any(not file.name.isascii() for file in files)


def test_every_question_names_a_document_and_every_document_is_asked_about() -> None:
    answered = {question["source"] for question in QUESTIONS if question["answer"] is not None}
    assert answered == {file.name for file in DOCUMENTS.iterdir()}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_there_are_questions_with_and_without_an_answer_in_both_languages(language: str) -> None:
    asked = [question for question in QUESTIONS if question["language"] == language]
    assert sum(question["answer"] is None for question in asked) >= 4
    assert sum(question["answer"] is not None for question in asked) >= 10


def test_no_question_stands_twice() -> None:
    assert len({question["question"] for question in QUESTIONS}) == len(QUESTIONS)


@pytest.mark.parametrize(
    "question",
    [question for question in QUESTIONS if str(question.get("source")).endswith(".pdf")],
    ids=lambda question: question["question"],
)
def test_a_pdf_holds_the_answer_on_the_page_given(question: dict[str, Any]) -> None:
    page = pages_of(DOCUMENTS / question["source"])[question["page"] - 1]
    assert question["answer"] in " ".join(page.split())


@pytest.mark.parametrize(
    "question",
    [q for q in QUESTIONS if q["answer"] and Path(q["source"]).suffix in {".csv", ".html", ".md", ".txt"}],
    ids=lambda question: question["question"],
)
def test_a_text_holds_the_answer(question: dict[str, Any]) -> None:
    assert question["answer"] in (DOCUMENTS / question["source"]).read_text(encoding="utf-8")


def test_the_two_columns_of_the_handbook_are_read_one_after_the_other() -> None:
    page = pages_of(DOCUMENTS / "employee-handbook.pdf")[1]
    headings = ["5 Learning", "6 Parental leave", "7 Working from home", "8 Travel", "9 Tools and keys"]
    places = [page.index(heading) for heading in headings]
    assert places == sorted(places)
