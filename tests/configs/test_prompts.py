"""Prompt files: exact variables, and everything else as written."""

from __future__ import annotations

import pytest

from configs.errors import ConfigError
from configs.prompts import prompt, prompt_names


def test_values_are_filled_in_as_they_are() -> None:
    text = prompt("question", question='What is {"a": 1} worth, $5 or ${x}?', context="{b} $question")
    assert 'What is {"a": 1} worth, $5 or ${x}?' in text
    assert "{b} $question" in text


@pytest.mark.parametrize("variables", [{}, {"question": "q"}, {"question": "q", "context": "c", "colour": "red"}])
def test_variables_must_be_exactly_those_of_the_file(variables: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="'question' uses the variables context, question, but was given"):
        prompt("question", **variables)


@pytest.mark.parametrize("name", ["nothing", "../teams/qa", ""])
def test_an_unknown_prompt_is_named_with_the_known_ones(name: str) -> None:
    with pytest.raises(ConfigError, match=r"There is no prompt .*Known prompts: .*assistant"):
        prompt(name)


def test_names_are_sorted() -> None:
    assert prompt_names() == sorted(prompt_names())
