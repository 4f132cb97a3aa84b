"""Lists of questions: what is read, kept and refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.errors import DatasetError
from retrieval.evaluation.questions import MOST, Question, checked, merged, read_questions, write_questions

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "questions.jsonl"


def test_what_is_written_is_read() -> None:
    questions = (
        Question(text="Wie teuer?", sources=("a.pdf", "b,c.pdf"), answer="26 days"),
        Question(text="假期有几天？", sources=("手册.md",)),
    )
    assert read_questions(write_questions(questions)) == questions


def test_the_list_of_the_examples_is_read() -> None:
    first, *rest = read_questions(EXAMPLES.read_text(encoding="utf-8"))
    assert (first.sources, first.answer) == (("employee-handbook.pdf",), "26 days")
    assert len(rest) > 20


@pytest.mark.parametrize(
    "line",
    [
        "nonsense", "[]", '"text"', "{}", '{"question": 3, "sources": []}', '{"question": "a", "sources": "b.pdf"}',
        '{"question": "a", "sources": [1]}', '{"question": "a", "source": 1}', '{"question": "a", "answer": 1}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_question_is_named(line: str) -> None:
    with pytest.raises(DatasetError, match="Line 3 is not"):
        read_questions(f'{{"question": "fine", "sources": []}}\n\n{line}\n')


def test_a_list_without_end_is_refused() -> None:
    with pytest.raises(DatasetError, match=f"at most {MOST}"):
        read_questions('{"question": "a"}\n' * (MOST + 1))


def test_a_question_is_kept_without_needless_space_and_broken_characters() -> None:
    question = checked(Question(text="  What \n is\ud800 it? ", sources=(" a  b.pdf ", "", "a  b.pdf"), id="<b>"))
    assert (question.text, question.sources) == ("What is? it?", ("a  b.pdf",))
    assert question.id.isalnum()


@pytest.mark.parametrize(
    "question", [Question(text=" \n"), Question(text="a" * 2001), Question(text="a", sources=("b",) * 51)]
)
def test_an_empty_or_endless_question_is_refused(question: Question) -> None:
    with pytest.raises(DatasetError):
        checked(question)


def test_an_added_question_takes_the_place_of_the_one_with_the_same_words() -> None:
    present = (Question(text="One?", sources=("a",), id="1"), Question(text="Two?", id="2"))
    added = [Question(text=" One? ", sources=("b",), id="2"), Question(text="Three?", id="2")]
    first, second, third = merged(present, added)
    assert (first.id, first.sources, second.id) == ("1", ("b",), "2")
    assert third.text == "Three?"
    assert third.id not in ("1", "2")
